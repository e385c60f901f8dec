// The process under measurement: one variant, told by its parent when to send.
import { listen, variants } from './variants.js';

const start = variants[process.argv[2] ?? ''];
if (start === undefined) throw new Error(`variants: ${Object.keys(variants).join(', ')}`);
const variant = await start();
const port = await listen(variant.server);

process.on('message', (message: { readonly broadcast?: number; readonly cpu?: true }) => {
  if (message.broadcast !== undefined) void variant.broadcast(message.broadcast);
  if (message.cpu) {
    const { user, system } = process.cpuUsage();
    process.send?.({ cpuMicroseconds: user + system });
  }
});
process.on('SIGINT', () => process.exit());
process.send?.({ port });

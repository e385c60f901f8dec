import { filled, notificationOptions, outgoings } from './notifications.js';
import { readOptions } from './options.js';
import { defaultUrl, post } from './server.js';

/** Publishes one after the other, so that they keep their order. Rejects at the first that is refused. */
export async function send(args: string[]): Promise<void> {
  const options = readOptions(args, {
    url: { type: 'string', default: defaultUrl },
    key: { type: 'string' },
    ...notificationOptions,
  });
  const { key } = options;
  for (const { n, body } of outgoings(options)) {
    const keyed = key === undefined ? body : { ...body, idempotencyKey: filled(key, n) };
    const result = await post(options.url, '/demo/notify', keyed);
    process.stdout.write(`${JSON.stringify(result)}\n`);
  }
}

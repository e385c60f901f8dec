// npm run demo [-- --redis | --kafka], also on a fresh clone: needs Node and npm only.
import { randomBytes } from 'node:crypto';
import { freePort } from './demo/free-port.mjs';
import { install } from './demo/install.mjs';
import { explain } from './demo/lines.mjs';
import { startNode } from './demo/node.mjs';
import { servicesUp } from './demo/services.mjs';

const usage = 'usage: npm run demo [-- --redis | --kafka]';
const sourceTopic = 'realtime-notify-demo';
const nodes = new Set();
let stopping = false;

/** Ends what was started; the nodes drain first. */
async function stop(code) {
  if (stopping) return;
  stopping = true;
  await Promise.all([...nodes].map((node) => node.stop()));
  process.exit(code);
}

/**
 * Starts a node; resolves when it serves. One that was killed, while others serve its clients, is started
 * again; one that does not start, or is the only one, ends the demo.
 */
async function keepRunning(name, settings) {
  const node = startNode(name, settings);
  nodes.add(node);
  let served = false;
  void node.exited.then(async (code) => {
    nodes.delete(node);
    if (stopping) return;
    const again = served && nodes.size > 0;
    console.error(`${name} ended: ${code}${again ? '; it is started again' : ''}`);
    if (!again) return stop(1);
    await keepRunning(name, settings).then(
      () => console.error(`${name} serves again`),
      (error) => console.error(error.message),
    );
  });
  await node.ready;
  served = true;
}

async function main() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    throw new Error(`Node 20.19 or later is needed; this is ${process.versions.node}`);
  }
  const [option, ...more] = process.argv.slice(2);
  if (more.length > 0 || ![undefined, '--redis', '--kafka'].includes(option)) {
    throw new Error(usage);
  }
  const broker = option === undefined ? 'memory' : option.slice(2);
  install();
  const services = broker === 'memory' ? {} : servicesUp(broker);
  const settings = {
    ...services,
    BROKER: broker,
    STORE: broker === 'memory' ? 'memory' : 'redis',
    JWT_SECRET: randomBytes(32).toString('hex'),
    ...(broker === 'kafka' ? { SOURCE_TOPIC: sourceTopic } : {}),
  };
  let port = Number(process.env.PORT || 3000);
  for (const name of broker === 'memory' ? ['node'] : ['node-a', 'node-b']) {
    port = await freePort(port);
    await keepRunning(name, { ...settings, NODE_ID: name, PORT: String(port) });
    port += 1;
  }
  await explain({
    urls: [...nodes].map((node) => node.url),
    kafka: broker === 'kafka' ? { brokers: services.KAFKA_BROKERS, topic: sourceTopic } : undefined,
    services: broker === 'memory' ? [] : broker === 'redis' ? ['redis'] : ['redis', 'kafka'],
  });
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => void stop(0));

// npm does not pass a SIGTERM on to us: it only goes away.
const parent = process.ppid;
setInterval(() => {
  if (process.ppid !== parent) void stop(0);
}, 500).unref();

main().catch((error) => {
  if (!stopping) console.error(error.message);
  return stop(1);
});

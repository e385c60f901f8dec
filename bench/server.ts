// The process under measurement: one variant, told by its parent what to send.
// `server.ts <variant> <secret> <redis url?>`
import { once } from 'node:events';
import { Session } from 'node:inspector/promises';
import { setImmediate as nextTick, setTimeout as sleep } from 'node:timers/promises';
import { everybody, messageOf, userIdOf } from './message.js';
import { answerParent, tell } from './processes/answer-parent.js';
import type { ServerCommand } from './processes/commands.js';
import { LoopWatch } from './processes/loop-watch.js';
import { variantOf } from './variants.js';

const backlog = 4_096;
const [name = '', secret = '', redisUrl] = process.argv.slice(2);
const { start } = await variantOf(name).load();
const { server, broadcast, unicast, toAudience } = await start(secret, redisUrl);
const loop = new LoopWatch();
let broadcasts = 0;
const sentTo: number[] = [];
let nextUser = 0;

/** Sends a batch on each tick, or each `everyMs`. */
async function drive(
  ticks: number,
  everyMs: number | undefined,
  send: () => unknown,
): Promise<void> {
  const started = performance.now();
  for (let tick = 0; tick < ticks; tick += 1) {
    if (everyMs !== undefined) await sleep(started + tick * everyMs - performance.now());
    await send();
    // What is due is written after the first; messages of two ticks never share a write.
    await nextTick();
    await nextTick();
  }
}

function broadcastNext(count: number): Promise<void> | void {
  const messages = Array.from({ length: count }, () => {
    broadcasts += 1;
    return messageOf(broadcasts - 1, everybody);
  });
  return broadcast(messages);
}

function unicastNext(users: number, count: number): Promise<void> | void {
  const messages = Array.from({ length: count }, () => {
    const user = nextUser;
    nextUser = (nextUser + 1) % users;
    const sequence = sentTo[user] ?? 0;
    sentTo[user] = sequence + 1;
    return { userId: userIdOf(user), data: messageOf(sequence, user) };
  });
  return unicast(messages);
}

async function sendToAudiences(users: number, times: number, keyed: boolean): Promise<void> {
  if (toAudience === undefined) throw new Error('knows no audiences');
  const audience = Array.from({ length: users }, (_, user) => userIdOf(user));
  for (let time = 0; time < times; time += 1) {
    broadcasts += 1;
    const key = keyed ? { idempotencyKey: `b${broadcasts}` } : {};
    await toAudience({ users: audience, data: messageOf(broadcasts - 1, everybody), ...key });
  }
}

async function memory(): Promise<object> {
  const session = new Session();
  session.connect();
  for (let pass = 0; pass < 3; pass += 1) {
    // Unlike `gc`, whose options differ from Node to Node, it leaves no garbage and no half-empty pages.
    await session.post('HeapProfiler.collectGarbage');
    await sleep(100);
  }
  session.disconnect();
  const { rss, heapUsed, external } = process.memoryUsage();
  return { rss, heap: heapUsed, external };
}

answerParent<ServerCommand>(async (command) => {
  switch (command.do) {
    case 'broadcast':
      return broadcastNext(command.count);
    case 'broadcastSteadily':
      return drive(command.count, command.everyMs, () => broadcastNext(1));
    case 'unicast': {
      const { users, ticks, perTick, everyMs } = command;
      return drive(ticks, everyMs, () => unicastNext(users, perTick));
    }
    case 'audience':
      return sendToAudiences(command.users, command.times, command.keyed);
    case 'watchLoop':
      return loop.start();
    case 'loop':
      return loop.stop();
    case 'cpu': {
      const { user, system } = process.cpuUsage();
      return user + system;
    }
    case 'memory':
      return memory();
  }
});

server.listen(0, '127.0.0.1', backlog);
await once(server, 'listening');
const address = server.address();
tell(typeof address === 'object' ? address?.port : undefined);

import { setTimeout as delay } from 'node:timers/promises';
import { NotifyError } from '@realtime-notify/core';
import { type Config, readConfig } from './config.js';
import { log, oneLine } from './log.js';
import { type BatchNotifier, makeNotifier } from './notifier.js';
import { recipients } from './recipients.js';

/** Notifies users who are connected to other processes. Resolves whether everything is in the store. */
async function main(): Promise<boolean> {
  const config = readConfig(process.env);
  if (config.users === undefined && process.stdin.isTTY) {
    throw new Error('USERS: say how many, or pipe in one user id per line');
  }
  const notifier = makeNotifier(config, log);
  const failed: string[] = [];
  notifier.on('undelivered', ({ request, error }) => {
    failed.push(`${JSON.stringify(request.to)} ${oneLine(error)}`);
  });
  const signal = untilSignal();
  await notifier.start();

  let enqueued = 0;
  for await (const user of recipients(config.users, signal)) {
    try {
      enqueued += await enqueueAll(notifier, user, config);
    } catch (error) {
      // One user that cannot be addressed does not keep the others from theirs.
      failed.push(`${JSON.stringify({ user })} ${oneLine(error)}`);
    }
  }
  await notifier.drain();

  for (const line of failed.slice(0, 20)) console.error(`undelivered: ${line}`);
  console.log(JSON.stringify({ enqueued, undelivered: failed.length }));
  return failed.length === 0 && !signal.aborted;
}

async function enqueueAll(notifier: BatchNotifier, user: string, config: Config): Promise<number> {
  for (let n = 1; n <= config.count; n += 1) {
    const text = config.count === 1 ? config.text : `${config.text} (${n})`;
    await whenThereIsRoom(() => {
      notifier.enqueue({ to: { user }, type: 'message', data: { text } });
    });
  }
  return config.count;
}

/** Reads no faster than the store takes it. */
async function whenThereIsRoom(enqueue: () => void): Promise<void> {
  for (;;) {
    try {
      enqueue();
      return;
    } catch (error) {
      if (!NotifyError.is(error) || error.code !== 'LIMIT_EXCEEDED') throw error;
      await delay(20);
    }
  }
}

/** At the first SIGTERM or SIGINT no more users are taken on; a second one ends the process. */
function untilSignal(): AbortSignal {
  const stop = new AbortController();
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => stop.abort());
  return stop.signal;
}

main().then(
  (complete) => process.exit(complete ? 0 : 1),
  (error: unknown) => {
    console.error(oneLine(error));
    process.exit(1);
  },
);

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { eventually } from '@realtime-notify/contract-kit';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { RawClient } from './harness/raw-client.js';
import { streamRequest, upgradeRequest } from './harness/requests.js';

const program = fileURLToPath(new URL('./programs/crowded-node.ts', import.meta.url));
const mib = 1024 * 1024;
const budget = mib;
const stuckClients = 20;
/** What the process may need beside its clients' budgets. */
const slack = 20 * mib;

const measured = z.object({
  peak: z.number(),
  sent: z.number(),
  closed: z.number(),
  open: z.number(),
});

async function startNode(): Promise<{ readonly node: ChildProcess; readonly port: number }> {
  const node = fork(program, {
    execArgv: ['--expose-gc', '--import', 'tsx', '--conditions=@realtime-notify/source'],
    env: { ...process.env, MAX_BUFFERED_BYTES: String(budget) },
  });
  onTestFinished(() => void node.kill('SIGKILL'));
  const [message] = await once(node, 'message');
  return { node, port: z.object({ port: z.number() }).parse(message).port };
}

async function publish(node: ChildProcess, until: 'sent' | 'closed', atMost: number) {
  const done = once(node, 'message');
  node.send({ until, atMost });
  const [message] = await done;
  return measured.parse(message);
}

/** The numbers of all notifications in what a client has read. */
function numbersIn(text: string): readonly number[] {
  return [...text.matchAll(/"data":\{"n":(\d+),/g)].map(([, n]) => Number(n));
}

test.each([
  ['SSE', streamRequest, 'event: ready'],
  ['WebSocket', upgradeRequest, '"t":"ready"'],
])(
  'H-never-reads clients that read nothing over %s are closed at their budget, memory stays within it, and others get everything',
  async (_, request, ready) => {
    const { node, port } = await startNode();
    const open = async () => {
      const client = await RawClient.connect(port);
      onTestFinished(() => client.cut());
      client.write(request('?token=u1'));
      await client.sees(ready);
      return client;
    };
    const reader = await open();
    // The same traffic without them is what their memory is measured against.
    const usual = await publish(node, 'sent', 10_000);
    for (let n = 0; n < stuckClients; n += 1) (await open()).pause();
    const crowded = await publish(node, 'closed', stuckClients);
    expect(crowded).toMatchObject({ closed: stuckClients, open: 1 });
    expect(crowded.peak).toBeLessThan(usual.peak + stuckClients * budget + slack);
    const all = Array.from({ length: crowded.sent }, (_, n) => n + 1);
    await eventually(() => expect(numbersIn(reader.text).length).toBe(all.length));
    expect(numbersIn(reader.text)).toEqual(all);
  },
);

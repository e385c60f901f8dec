// The receivers of one variant, in a process of their own. `load.ts <variant> <port> <secret>`
import { setTimeout as sleep } from 'node:timers/promises';
import { SignJWT } from 'jose';
import { openings } from './load/dialects.js';
import { Ledger } from './load/ledger.js';
import { Receivers } from './load/receivers.js';
import { userIdOf } from './message.js';
import { answerParent, tell, tellFailure } from './processes/answer-parent.js';
import type { LoadCommand } from './processes/commands.js';
import { percentile } from './report/percentile.js';
import { variantOf } from './variants.js';

/** Without any message for so long, the rest is lost. */
const stallMs = 5_000;
/** What comes too much comes within this time. */
const settleMs = 100;

const [name = '', port, secret = ''] = process.argv.slice(2);
const key = new TextEncoder().encode(secret);
const opening = openings[variantOf(name).dialect];
let ledger = new Ledger();
let receivers = new Receivers(Number(port), opening);
let expected = 0;
let latencies: () => readonly number[] = () => [];

function tokenOf(index: number): Promise<string> {
  return new SignJWT({})
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(userIdOf(index))
    .setExpirationTime('1h')
    .sign(key);
}

async function open(count: number, inFlight: number): Promise<object> {
  const tokens = await Promise.all(Array.from({ length: count }, (_, index) => tokenOf(index)));
  receivers.failure.catch(tellFailure);
  const durations = await receivers.open(tokens, inFlight, ledger);
  return summary(durations);
}

async function expectMore(count: number): Promise<void> {
  expected += count;
  let seen = -1;
  let quietSince = Date.now();
  while (ledger.received < expected) {
    if (ledger.received !== seen) quietSince = Date.now();
    else if (Date.now() - quietSince > stallMs) {
      throw new Error(`${ledger.received} of ${expected} messages came`);
    }
    seen = ledger.received;
    await sleep(1);
  }
}

async function settle(): Promise<void> {
  await sleep(settleMs);
  if (ledger.received !== expected) {
    throw new Error(`${ledger.received} messages came where ${expected} were sent`);
  }
}

function close(): void {
  receivers.close();
  ledger = new Ledger();
  receivers = new Receivers(Number(port), opening);
  expected = 0;
}

function summary(microseconds: readonly number[]): object {
  return { p50: percentile(microseconds, 50) / 1_000, p99: percentile(microseconds, 99) / 1_000 };
}

answerParent<LoadCommand>(async (command) => {
  switch (command.do) {
    case 'open':
      return open(command.count, command.inFlight);
    case 'expect':
      return expectMore(command.count);
    case 'settle':
      return settle();
    case 'recordLatencies':
      latencies = ledger.recordLatencies();
      return;
    case 'latencies':
      return summary(latencies());
    case 'close':
      return close();
  }
});
tell();

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { withLock } from './lock.js';
import { type Command, parseCommand, UsageError, usage } from './options.js';
import { lockFile, runDir } from './paths.js';
import { answers, isGood, obtain, release } from './services.js';
import { readState, type ServiceName, type ServiceRecord, writeState } from './state.js';

const exitCodes = { failed: 1, usage: 2, notRunning: 3 } as const;

async function up(command: Command): Promise<void> {
  const outcomes = await Promise.allSettled(command.services.map((name) => upOne(name, command)));
  const failed = outcomes.filter((outcome) => outcome.status === 'rejected');
  if (failed.length > 0) throw new AggregateError(failed.map((outcome) => outcome.reason));
}

async function upOne(name: ServiceName, command: Command): Promise<void> {
  const known = readState().find((each) => each.name === name);
  if (known !== undefined && (await isGood(known, command.kafka)))
    return print(known, 'runs already');
  if (known !== undefined) await downOne(known);
  rmSync(join(runDir, name), { recursive: true, force: true });
  const record = await obtain(name, command.kafka);
  writeState([...readState().filter((each) => each.name !== name), record]);
  print(record, 'ready');
}

async function down(command: Command): Promise<void> {
  const chosen = readState().filter((each) => command.services.includes(each.name));
  await Promise.all(chosen.map(downOne));
  for (const record of chosen) print(record, 'stopped');
}

async function downOne(record: ServiceRecord): Promise<void> {
  await release(record);
  rmSync(join(runDir, record.name), { recursive: true, force: true });
  writeState(readState().filter((each) => each.name !== record.name));
}

async function status(): Promise<void> {
  const records = readState();
  if (records.length === 0) console.log('nothing runs; start it with: npm run services -- up');
  let allAnswer = records.length > 0;
  for (const record of records) {
    const good = await answers(record);
    allAnswer &&= good;
    print(record, good ? 'answers' : 'DOES NOT ANSWER');
  }
  if (!allAnswer) process.exitCode = exitCodes.notRunning;
}

function env(): void {
  for (const record of readState()) console.log(`${record.env.name}=${record.env.value}`);
}

function print(record: ServiceRecord, what: string): void {
  const pids = record.processes.map((each) => each.pid).join(' ');
  const details = [record.origin, record.wish, pids && `pid ${pids}`].filter((part) => part !== '');
  console.log(
    `${record.name}: ${what}, ${record.env.name}=${record.env.value} (${details.join(', ')})`,
  );
}

function explain(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(explain).join('\n');
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error && !error.message.includes(error.cause.message)
    ? `${error.message}\n  because: ${explain(error.cause)}`
    : error.message;
}

try {
  const command = parseCommand(process.argv.slice(2));
  if (command.verb === 'up') await withLock(lockFile, 900_000, () => up(command));
  else if (command.verb === 'down') await withLock(lockFile, 900_000, () => down(command));
  else if (command.verb === 'status') await status();
  else env();
} catch (error) {
  const wrongUsage = error instanceof UsageError;
  console.error(wrongUsage ? `${error.message}\n${usage}` : explain(error));
  process.exitCode = wrongUsage ? exitCodes.usage : exitCodes.failed;
}

import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { KafkaRecord } from './kafka.js';
import { asObject } from './notification.js';
import type { Accepted } from './publisher.js';
import { serviceAddress } from './service-address.js';

const repoDir = fileURLToPath(new URL('../../', import.meta.url));
const program = `${repoDir}examples/cli/src/main.ts`;

/** Runs `examples/cli produce` as a process; resolves when it has written everything. */
export async function produce(options: {
  readonly topic: string;
  readonly users: readonly string[];
  readonly count: number;
}): Promise<void> {
  await promisify(execFile)(
    process.execPath,
    [
      ...['--import', 'tsx', program, 'produce'],
      ...['--brokers', serviceAddress('KAFKA_BROKERS'), '--topic', options.topic],
      ...['--count', String(options.count), '--users', JSON.stringify(options.users)],
    ],
    { cwd: repoDir },
  );
}

/** What a record of a source asks for, read without any code of ours: one user, one notification. */
export function acceptedFrom({ value }: KafkaRecord): Accepted {
  const { to, type, data } = asObject(JSON.parse(value), 'a source record');
  const { user } = asObject(to, 'the audience of a source record');
  if (typeof user !== 'string' || typeof type !== 'string') {
    throw new Error(`not a source record: ${value}`);
  }
  return { channel: `user:${user}`, type, data };
}

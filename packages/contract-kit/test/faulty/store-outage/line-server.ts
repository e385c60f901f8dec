import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { OutageServer } from '@realtime-notify/contract-kit';
import { onTestFinished } from 'vitest';

/**
 * A server in a process of its own, for one test.
 * @param log - where it keeps what it has; default a file of its own
 */
export async function launchLineServer(log?: string): Promise<OutageServer> {
  const dir = await mkdtemp(join(tmpdir(), 'line-server-'));
  const file = log ?? join(dir, 'log');
  let server = await run(file, 0);
  const { port } = server;
  const kill = async (signal: NodeJS.Signals): Promise<void> => {
    const ended = once(server.child, 'exit');
    server.child.kill(signal);
    if (signal === 'SIGKILL') await ended;
  };
  onTestFinished(async () => {
    if (server.child.signalCode === null) await kill('SIGKILL');
    await rm(dir, { recursive: true });
  });
  return {
    url: `line://127.0.0.1:${port}`,
    kill,
    restart: async () => {
      server = await run(file, port);
    },
  };
}

async function run(log: string, port: number): Promise<{ child: ChildProcess; port: number }> {
  const program = join(import.meta.dirname, 'line-server.mjs');
  const args = [program, log, String(port)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = await once(child.stdout, 'data');
  // Not to be taken for a connection of the store's.
  child.stdout.destroy();
  return { child, port: Number(line) };
}

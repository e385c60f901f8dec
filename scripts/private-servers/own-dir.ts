import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

interface Stoppable {
  stop(): Promise<void>;
  kill?(signal: 'SIGCONT'): Promise<void>;
}

/** A server and the way to be rid of it and of its data. */
interface InOwnDir<Server> {
  readonly server: Server;
  dispose(): Promise<void>;
}

/** Starts a server in a directory of its own. */
export async function inOwnDir<Server extends Stoppable>(
  name: string,
  launch: (dir: string) => Promise<Server>,
): Promise<InOwnDir<Server>> {
  const dir = await mkdtemp(join(tmpdir(), `rn-${name}-`));
  const server = await launch(dir);
  const dispose = async (): Promise<void> => {
    // One that was stopped cannot end.
    await server.kill?.('SIGCONT').catch(() => undefined);
    await server.stop();
    await rm(dir, { recursive: true, force: true });
  };
  return { server, dispose };
}

/** The same for one test: gone when that has finished. */
export async function forOneTest<Server>(starting: Promise<InOwnDir<Server>>): Promise<Server> {
  const { server, dispose } = await starting;
  onTestFinished(dispose);
  return server;
}

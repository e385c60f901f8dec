import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { rootDir } from './root-dir.mjs';

const main = 'examples/express/src/main.ts';

/**
 * Starts an example server. `ready` resolves when it serves, and `url` says where; `exited` resolves with
 * its exit code; `stop` lets it drain.
 */
export function startNode(name, settings) {
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', '--conditions=@realtime-notify/source', main],
    { cwd: rootDir, env: { ...process.env, ...settings }, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  createInterface({ input: child.stderr }).on('line', (line) => {
    // How it started is nobody's news; how it got over an outage is.
    if (node.url !== '' || !line.startsWith('info:')) console.error(`${name}: ${line}`);
  });
  const exited = new Promise((resolve) => {
    child.once('error', () => resolve(1));
    child.once('exit', (code, signal) => resolve(code ?? signal));
  });
  const node = {
    url: '',
    exited,
    ready: new Promise((resolve, reject) => {
      createInterface({ input: child.stdout }).on('line', (line) => {
        node.url = /^ready (.*)$/.exec(line)?.[1] ?? '';
        if (node.url !== '') resolve();
      });
      void exited.then(() => reject(new Error(`${name} did not start`)));
    }),
    async stop() {
      child.kill('SIGTERM');
      await exited;
    },
  };
  return node;
}

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { isSeq, parseDocument } from 'yaml';
import { containers } from './docker.js';
import { freePorts } from './ports.js';
import { redisProgram } from './redis.js';
import { redisClusterAnswers } from './redis-cluster.js';
import { waitFor } from './wait.js';

const compose = parseDocument(
  readFileSync(new URL('../../compose.yaml', import.meta.url), 'utf8'),
  { merge: true },
);

function commandOf(service: string): string[] {
  const command = compose.getIn(['services', service, 'command']);
  return isSeq(command) ? command.toJSON().map(String) : [];
}

test('every container of compose.yaml is removed with the service that it belongs to', () => {
  expect(Object.values(containers).flat().sort()).toEqual(
    Object.keys(compose.toJS().services).sort(),
  );
});

test('what the container of the Redis Cluster runs makes a Cluster of six', async () => {
  // Compose takes two dollars for one.
  const [program = '', ...args] = commandOf('redis-cluster').map((each) =>
    each.replaceAll('$$', '$'),
  );
  const ports = await freePorts([0, 0, 0, 0, 0, 0]);
  const redis = await redisProgram();
  const dir = mkdtempSync(join(tmpdir(), 'realtime-notify-compose-'));
  const PATH = [dirname(redis.command), process.env.PATH].join(delimiter);
  // A process group of its own, so that the servers end with the script.
  const script = spawn(program, args, {
    cwd: dir,
    env: { ...redis.env, PATH, PORTS: ports.join(' ') },
    detached: true,
    stdio: 'ignore',
  });
  const exited = once(script, 'exit');
  onTestFinished(async () => {
    if (script.pid !== undefined) process.kill(-script.pid, 'SIGKILL');
    await exited;
    rmSync(dir, { recursive: true, force: true });
  });
  const url = `redis-cluster://${ports.map((port) => `127.0.0.1:${port}`).join(',')}`;
  await waitFor('the Cluster', () => redisClusterAnswers(url), { timeoutMs: 18_000 });
});

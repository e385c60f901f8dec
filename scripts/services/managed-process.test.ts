import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, expect, test } from 'vitest';
import { type ManagedProcess, manageProcess } from './managed-process.js';
import { isAlive, standsStill } from './process-identity.js';
import { stopProcess } from './stop-process.js';

const dir = mkdtempSync(join(tmpdir(), 'services-process-'));
let managed: ManagedProcess | undefined;

const sleeper = (script = 'setInterval(() => {}, 1000)'): ManagedProcess => {
  managed = manageProcess({
    command: process.execPath,
    args: ['-e', script],
    cwd: dir,
    log: join(dir, 'out.log'),
  });
  return managed;
};

afterEach(() => managed?.stop());
afterAll(() => rmSync(dir, { recursive: true, force: true }));

test('kill resolves when the process is gone, start gives a new one', async () => {
  const child = sleeper();
  await child.start();
  const first = child.identity();
  await child.kill('SIGKILL');
  expect(isAlive(first)).toBe(false);
  await child.start();
  expect(child.alive()).toBe(true);
  expect(child.identity()).not.toEqual(first);
});

test('a stopped (SIGSTOP) process stands still at once, and can be ended', async () => {
  const child = sleeper('for (;;);');
  await child.start();
  expect(standsStill(child.identity().pid)).toBe(false);
  await child.kill('SIGSTOP');
  expect(standsStill(child.identity().pid)).toBe(true);
  expect(child.alive()).toBe(true);
  await child.stop();
  expect(child.alive()).toBe(false);
});

test('a process that ignores SIGTERM is ended by force', async () => {
  const child = sleeper(`process.on('SIGTERM', () => {}); setInterval(() => {}, 1000)`);
  await child.start();
  await stopProcess(child.identity(), { politeMs: 300 });
  expect(child.alive()).toBe(false);
});

test('another process under a recorded pid is left alone', async () => {
  const child = sleeper();
  await child.start();
  await stopProcess({ pid: child.identity().pid, startTime: 'another time' });
  expect(child.alive()).toBe(true);
});

test('a program that is not there is an error, not an unheard event', async () => {
  const absent = manageProcess({
    command: join(dir, 'absent'),
    args: [],
    cwd: dir,
    log: join(dir, 'out.log'),
    detached: true,
  });
  await expect(absent.start()).rejects.toThrow('ENOENT');
});

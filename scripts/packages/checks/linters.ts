import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { repoDir } from '../../services/paths.js';
import { run } from '../../services/run.js';
import type { PackedPackage } from '../pack.js';

/** What publint says, suggestions included. */
export async function publintFaults({ tarball }: PackedPackage): Promise<string[]> {
  const { buffer } = new Uint8Array(await readFile(tarball));
  const { messages, pkg } = await publint({ pack: { tarball: buffer }, strict: true });
  return messages.map((message) => formatMessage(message, pkg, { color: false }) ?? message.code);
}

/**
 * What "are the types wrong?" says. It is asked about `import` and bundlers: it does not know yet that Node
 * can `require` ESM, which the throw-away applications show.
 */
export async function attwFaults({ tarball }: PackedPackage): Promise<string[]> {
  const attw = join(repoDir, 'node_modules/.bin/attw');
  const args = [tarball, '--profile', 'esm-only', '--exclude-entrypoints', './package.json'];
  const plain = ['--no-color', '--no-emoji', '--no-summary', '--format', 'ascii'];
  return run(attw, [...args, ...plain], { timeoutMs: 120_000 }).then(
    () => [],
    (error: Error) => [error.message],
  );
}

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

/** One place of one file that is to read otherwise. */
export interface Edit {
  readonly file: string;
  readonly find: string;
  readonly put: string;
}

/** Copies a folder, perhaps a read-only one, so that the copy can be written to; fails where an edit has no place. */
export function copyEdited(from: string, to: string, edits: readonly Edit[]): void {
  for (const entry of readdirSync(from, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const file = relative(from, path);
    mkdirSync(dirname(join(to, file)), { recursive: true });
    writeFileSync(join(to, file), readFileSync(path));
  }
  for (const { file, find, put } of edits) {
    const [before, after, ...more] = readFileSync(join(to, file), 'utf8').split(find);
    if (before === undefined || after === undefined || more.length > 0) {
      throw new Error(`${file} does not hold once: ${find}`);
    }
    writeFileSync(join(to, file), before + put + after);
  }
}

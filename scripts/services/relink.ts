import { existsSync, lstatSync, readdirSync, readlinkSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Points absolute links of an unpacked package (`/etc/x`) to the file inside the package, for a
 * tree that will be moved to `root`.
 */
export function relinkInto(tree: string, root: string): void {
  for (const entry of readdirSync(tree, { withFileTypes: true, recursive: true })) {
    if (!entry.isSymbolicLink()) continue;
    const link = join(entry.parentPath, entry.name);
    const target = readlinkSync(link);
    if (!target.startsWith('/') || !isThere(join(tree, target))) continue;
    rmSync(link);
    symlinkSync(join(root, target), link);
  }
}

/** Also true for a link that leads nowhere yet. */
function isThere(path: string): boolean {
  return existsSync(path) || lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

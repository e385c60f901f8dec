import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join, relative, sep } from 'node:path';
import { repoDir } from '../../services/paths.js';

const needed = ['README.md', 'LICENSE', 'dist/index.js', 'dist/index.d.ts'];
const forbidden = /\.test\.|(^|\/)(test|test-doubles|node_modules)\/|\.tsbuildinfo$/;

/** What is missing from an unpacked package, or should not be in it. */
export function contentFaults(dir: string): string[] {
  const files = filesBelow(dir);
  return [
    ...needed.filter((file) => !files.includes(file)).map((file) => `${file} is missing`),
    ...files.filter((file) => forbidden.test(file)).map((file) => `${file} should not be shipped`),
    ...files.flatMap((file) => textFaults(dir, file)),
  ];
}

/** The files below a folder, with slashes. */
export function filesBelow(dir: string): string[] {
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(dir, join(entry.parentPath, entry.name)).replaceAll(sep, '/'));
}

/** A path of this machine, or a source map that points at nothing that is shipped. */
function textFaults(dir: string, file: string): string[] {
  const text = readFileSync(join(dir, file), 'utf8');
  const machine = [repoDir, `${homedir()}/`, `${tmpdir()}/`].filter((path) => text.includes(path));
  const faults = machine.map((path) => `${file} holds the machine path ${path}`);
  if (!file.endsWith('.map')) return faults;
  const { sources }: { sources: string[] } = JSON.parse(text);
  return [
    ...faults,
    ...sources
      .filter((source) => !existsSync(join(dir, dirname(file), source)))
      .map((source) => `${file} maps to ${source}, which is not shipped`),
  ];
}

import { readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { join } from 'node:path';
import { readManifest } from '../public-packages.js';
import { filesBelow } from './contents.js';

const statement = /^\s*(?:import|export)\b[^;'"]*?\bfrom\s*['"]([^'"]+)['"]/gm;
const sideEffect = /^\s*import\s*['"]([^'"]+)['"]/gm;
const expression = /\b(?:import|require)\(\s*['"]([^'"]+)['"]\s*\)/g;

/** Packages that an unpacked package imports, at run time or in its types, without declaring them. */
export function importFaults(dir: string): string[] {
  const { name: self, dependencies, peerDependencies } = readManifest(dir);
  const declared = new Set([self, ...Object.keys({ ...dependencies, ...peerDependencies })]);
  const faults = new Set<string>();
  for (const file of filesBelow(dir).filter((each) => /\.(js|d\.ts)$/.test(each))) {
    for (const specifier of specifiersOf(readFileSync(join(dir, file), 'utf8'))) {
      const name = packageOf(specifier);
      if (name !== undefined && !declared.has(name)) {
        faults.add(`${file} imports ${name}, which package.json does not declare`);
      }
    }
  }
  return [...faults];
}

function specifiersOf(code: string): string[] {
  return [statement, sideEffect, expression].flatMap((pattern) =>
    [...code.matchAll(pattern)].flatMap(([, specifier]) => specifier ?? []),
  );
}

/** Undefined for the package's own files and for what Node has built in. */
function packageOf(specifier: string): string | undefined {
  if (/^(\.|node:|#)/.test(specifier) || builtinModules.includes(specifier)) return undefined;
  const [first = '', second = ''] = specifier.split('/');
  return first.startsWith('@') ? `${first}/${second}` : first;
}

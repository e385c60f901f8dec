import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { ExportTarget, Manifest } from '../manifest.js';
import { readManifest } from '../public-packages.js';

/** What all our packages say alike. */
const common = {
  license: 'MIT',
  type: 'module',
  sideEffects: false,
  engines: { node: '>=20.19' },
  publishConfig: { access: 'public' },
} as const;

/** What is wrong with the package.json of an unpacked package. */
export function manifestFaults(dir: string): string[] {
  const manifest = readManifest(dir);
  return [
    ...commonFaults(manifest),
    ...dependencyFaults(manifest),
    ...targets(manifest.exports)
      .filter((target) => !existsSync(join(dir, target)))
      .map((target) => `exports name ${target}, which is not shipped`),
  ];
}

function commonFaults(manifest: Manifest): string[] {
  const differing = Object.entries(common).filter(
    ([key, value]) => JSON.stringify(Reflect.get(manifest, key)) !== JSON.stringify(value),
  );
  const faults = differing.map(([key, value]) => `${key} is not ${JSON.stringify(value)}`);
  return manifest.keywords?.includes('realtime-notify') ? faults : [...faults, 'no keywords'];
}

/**
 * Siblings work in the same version only, so it is exact. zod is the host's: its types are part of ours,
 * and two versions of them do not fit together. A package that needs nothing at all does not know them.
 */
function dependencyFaults({ version, dependencies = {}, peerDependencies }: Manifest): string[] {
  const faults = Object.entries(dependencies)
    .filter(([name, range]) => name.startsWith('@realtime-notify/') && range !== version)
    .map(([name, range]) => `${name} is wanted in ${range}, not in ${version}`);
  const isPeer = peerDependencies?.zod === '^4.0.0' && !('zod' in dependencies);
  const needsNone = Object.keys({ ...dependencies, ...peerDependencies }).length === 0;
  return isPeer || needsNone ? faults : [...faults, 'zod is not a peer, ^4.0.0'];
}

function targets(exports: ExportTarget): string[] {
  return typeof exports === 'string' ? [exports] : Object.values(exports).flatMap(targets);
}

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Manifest } from './manifest.js';

/** A package that is published. */
export interface PublicPackage {
  readonly name: string;
  /** Its folder below `packages/`. */
  readonly folder: string;
  readonly version: string;
}

/** The packages below `packages/` of a workspace, without the private ones. */
export function publicPackages(workspaceDir: string): PublicPackage[] {
  const packagesDir = join(workspaceDir, 'packages');
  return readdirSync(packagesDir)
    .filter((folder) => existsSync(join(packagesDir, folder, 'package.json')))
    .map((folder) => ({ folder, manifest: readManifest(join(packagesDir, folder)) }))
    .filter(({ manifest }) => manifest.private !== true)
    .map(({ folder, manifest }) => ({ name: manifest.name, folder, version: manifest.version }));
}

/** The package.json in a folder. */
export function readManifest(dir: string): Manifest {
  return JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8'));
}

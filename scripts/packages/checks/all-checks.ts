import type { PackedPackage } from '../pack.js';
import { contentFaults } from './contents.js';
import { importFaults } from './imports.js';
import { attwFaults, publintFaults } from './linters.js';
import { manifestFaults } from './manifest.js';

/** Everything that a tarball is checked for: what each gives is a list of faults, empty if all is well. */
export const checks = {
  contents: async ({ dir }: PackedPackage) => contentFaults(dir),
  manifest: async ({ dir }: PackedPackage) => manifestFaults(dir),
  imports: async ({ dir }: PackedPackage) => importFaults(dir),
  publint: publintFaults,
  'are the types wrong': attwFaults,
} as const;

export type CheckName = keyof typeof checks;

/** All faults of all packages, a line each. */
export async function allFaults(packages: readonly PackedPackage[]): Promise<string[]> {
  const lines: string[] = [];
  for (const each of packages) {
    for (const [name, check] of Object.entries(checks)) {
      const faults = await check(each);
      lines.push(...faults.map((fault) => `${each.name}: ${name}: ${fault}`));
    }
  }
  return lines;
}

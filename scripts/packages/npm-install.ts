import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../services/run.js';

/** What a package.json of ours may name for npm. */
export interface InstallPlan {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly overrides?: Readonly<Record<string, string>>;
}

const quiet = ['--no-audit', '--no-fund', '--no-package-lock', '--loglevel=error'];

/** Installs with npm, as a user would, into a folder that it makes. */
export async function npmInstall(dir: string, plan: InstallPlan): Promise<void> {
  mkdirSync(dir, { recursive: true });
  writeFileSync(
    join(dir, 'package.json'),
    JSON.stringify({ private: true, ...plan }, undefined, 2),
  );
  try {
    await run('npm', ['install', '--prefer-offline', ...quiet], { cwd: dir, timeoutMs: 300_000 });
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    throw new Error(
      `npm could not install; what is not ours comes from the npm registry, which must be in reach\n${said}`,
    );
  }
}

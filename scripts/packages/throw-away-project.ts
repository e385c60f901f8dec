import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../services/run.js';
import { type Consumer, consumerTsconfig } from './consumers.js';
import { npmInstall } from './npm-install.js';
import type { PackedPackage } from './pack.js';
import { type TypeScriptName, typescripts } from './toolchains.js';

/** `module`: written and run as ESM; `commonjs`: every `import` becomes `require`. */
export const moduleKinds = ['module', 'commonjs'] as const;
export type ModuleKind = (typeof moduleKinds)[number];

/** A consumer in a folder of its own: our packages come from tarballs, everything else from npm. */
export class ThrowAwayProject {
  readonly #dir: string;
  readonly #consumer: Consumer;
  readonly #packages: readonly PackedPackage[];
  readonly #compiled = new Map<string, Promise<string>>();
  #installed: Promise<void> | undefined;

  /** @param dir - outside the workspace; made when something is compiled */
  constructor(dir: string, consumer: Consumer, packages: readonly PackedPackage[]) {
    this.#dir = dir;
    this.#consumer = consumer;
    this.#packages = packages;
  }

  /** Installs and compiles what is not yet, and gives the path of the program. */
  compile(typescript: TypeScriptName, kind: ModuleKind): Promise<string> {
    this.#installed ??= this.#install();
    const outDir = join(this.#dir, kind, `dist-${typescript}`);
    const compiled = this.#compiled.get(outDir) ?? this.#compile(typescript, kind, outDir);
    this.#compiled.set(outDir, compiled);
    return compiled;
  }

  async #install(): Promise<void> {
    const { dependencies, devDependencies, source } = this.#consumer;
    // Tarballs ask for one another by version, which no registry has yet: hence the overrides.
    const ours = Object.fromEntries(
      this.#packages.map(({ name, tarball }) => [name, `file:${tarball}`]),
    );
    const wanted = Object.entries(dependencies).map(([name, range]) => [name, ours[name] ?? range]);
    const compilers = Object.entries(typescripts).map(([name, version]) => [
      compilerPackage(name),
      `npm:typescript@${version}`,
    ]);
    await npmInstall(this.#dir, {
      dependencies: Object.fromEntries(wanted),
      devDependencies: { ...devDependencies, ...Object.fromEntries(compilers) },
      overrides: ours,
    });
    for (const kind of moduleKinds) {
      const sourceDir = join(this.#dir, kind, 'src');
      mkdirSync(sourceDir, { recursive: true });
      writeFileSync(join(sourceDir, '../tsconfig.json'), consumerTsconfig);
      writeFileSync(join(sourceDir, '../package.json'), JSON.stringify({ type: kind }));
      for (const [file, text] of Object.entries(source)) writeFileSync(join(sourceDir, file), text);
    }
  }

  async #compile(typescript: TypeScriptName, kind: ModuleKind, outDir: string): Promise<string> {
    await this.#installed;
    const compiler = join(this.#dir, 'node_modules', compilerPackage(typescript), 'bin', 'tsc');
    const args = ['-p', join(this.#dir, kind), '--outDir', outDir];
    const { skipLibCheck } = this.#consumer;
    await run(process.execPath, [compiler, ...args, '--skipLibCheck', String(skipLibCheck)], {
      cwd: this.#dir,
      timeoutMs: 240_000,
    });
    return join(outDir, 'main.js');
  }
}

/** One project holds both compilers, so that it is installed once. */
function compilerPackage(typescript: string): string {
  return `typescript-${typescript.split('.')[0]}`;
}

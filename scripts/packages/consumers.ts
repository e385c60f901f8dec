import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PackedPackage } from './pack.js';
import { readManifest } from './public-packages.js';

/** What somebody else's application is made of, before anything is installed. */
export interface Consumer {
  /** Those of ours by any range: the tarballs take their place. */
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
  /** False where every declaration of ours is checked, those of others among them. */
  readonly skipLibCheck: boolean;
  /** Its source by file name; `main.ts` is the program. */
  readonly source: Readonly<Record<string, string>>;
}

/** What the code of READMEs and docs imports beside us; the drivers come with our packages. */
const docsNeed = {
  '@types/express': '5.0.6',
  '@types/node': '20.19.43',
  '@types/pg': '8.23.1',
  express: '5.3.0',
};
/** Pages whose programs need nothing else. */
const docs = ['outbox', 'publishing'];

const templatesDir = new URL('./consumers/', import.meta.url);
const template = (file: string): string => readFileSync(new URL(file, templatesDir), 'utf8');

/** The compiler settings of all of them. */
export const consumerTsconfig = template('tsconfig.json');

/** An application below `consumers/` that sends to both of its clients and prints `received`. */
export function application(name: string): Consumer {
  const { dependencies, devDependencies } = JSON.parse(template(`${name}/package.json`));
  const source = { 'main.ts': template(`${name}/main.ts`), 'clients.ts': template('clients.ts') };
  return { dependencies, devDependencies, source, skipLibCheck: true };
}

/**
 * A program that imports every entry of every package, and prints `loaded` if each gives something. The
 * first code of each README, and the programs of some docs, are compiled beside it.
 */
export function everything(packages: readonly PackedPackage[]): Consumer {
  return {
    // The oldest zod that we promise to work with: our types must not need a newer one.
    dependencies: { ...Object.fromEntries(packages.map(({ name }) => [name, '*'])), zod: '4.0.0' },
    devDependencies: docsNeed,
    skipLibCheck: false,
    source: {
      'main.ts': importsOf(packages),
      ...Object.fromEntries([...packages.flatMap(readmeCode), ...docs.flatMap(docsCode)]),
    },
  };
}

function importsOf(packages: readonly PackedPackage[]): string {
  const entries = packages.flatMap(({ name, dir }) =>
    Object.keys(readManifest(dir).exports)
      .filter((path) => path !== './package.json')
      .map((path) => `${name}${path.slice(1)}`),
  );
  const imports = entries.map((entry, index) => `import * as entry${index} from '${entry}';`);
  const names = entries.map((_entry, index) => `entry${index}`);
  return `${imports.join('\n')}

const empty = [${names.join(', ')}].filter((entry) => Object.keys(entry).length === 0);
if (empty.length > 0) throw new Error(\`\${empty.length} entries export nothing\`);
console.log('loaded');
`;
}

/** The first code of a README, a whole program. `.mts`: it may await at its top, whatever the project is. */
function readmeCode({ dir, folder }: PackedPackage): [file: string, code: string][] {
  const readme = readFileSync(join(dir, 'README.md'), 'utf8');
  const [, code] = /^```ts\n(.*?)^```/ms.exec(readme) ?? [];
  return code === undefined ? [] : [[`readme-${folder}.mts`, code]];
}

/** The whole programs of a page of docs. */
function docsCode(page: string): [file: string, code: string][] {
  const text = readFileSync(new URL(`../../docs/${page}.md`, import.meta.url), 'utf8');
  const programs = [...text.matchAll(/^```ts\n(import .*?)^```/gms)];
  return programs.map(([, code = ''], i) => [`docs-${page}-${i}.mts`, code]);
}

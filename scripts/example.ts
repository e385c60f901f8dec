// npm run example -- <name> [arguments]: runs examples/<name> from source in this process.
import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const examplesDir = new URL('../examples/', import.meta.url);
const mainOf = (name: string): URL => new URL(`${name}/src/main.ts`, examplesDir);
const names = readdirSync(examplesDir).filter((name) => existsSync(mainOf(name)));

const [name, ...args] = process.argv.slice(2);
if (name === undefined || !names.includes(name)) {
  console.error(`usage: npm run example -- <name> [arguments]; there are: ${names.join(', ')}`);
  process.exitCode = 2;
} else {
  const main = mainOf(name);
  process.argv = [process.execPath, fileURLToPath(main), ...args];
  await import(main.href);
}

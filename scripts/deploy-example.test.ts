import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { type Document, isCollection, parseAllDocuments, parseDocument } from 'yaml';
import { catalogue } from '../examples/shared/src/catalogue.js';
import { readConfig } from '../examples/shared/src/config.js';
import { createNotifier } from '../packages/core/src/index.js';
import { limitsSchema } from '../packages/core/src/notifier/notifier-options.js';
import { sourcePatienceMs } from '../packages/core/src/notifier/stop-sources.js';
import { sseOptionsSchema } from '../packages/transport-sse/src/sse-options.js';
import { nodeMount } from '../packages/use/src/node.js';

/** How long the examples' server may take to close. */
const serverCloseMs = 2_000;

const fileOf = (name: string): string =>
  readFileSync(new URL(`../examples/deploy/${name}`, import.meta.url), 'utf8');
const compose = parseDocument(fileOf('compose.yaml'));
const manifests = parseAllDocuments(fileOf('kubernetes.yaml'));

function manifestOf(kind: string): Document {
  const found = manifests.find((each) => each.get('kind') === kind);
  if (!found || !('getIn' in found)) throw new Error(`there is no ${kind}`);
  return found;
}

type Path = readonly (string | number)[];

/** What stands there, as plain JavaScript. */
function at(document: Document, ...path: Path): unknown {
  const found = document.getIn(path);
  return isCollection(found) ? found.toJS(document) : found;
}

const deployment = manifestOf('Deployment');
const podPath: Path = ['spec', 'template', 'spec'];
const containerPath: Path = [...podPath, 'containers', 0];

function kubernetesEnv(): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = {};
  for (let n = 0; ; n += 1) {
    const name = at(deployment, ...containerPath, 'env', n, 'name');
    if (name === undefined) return env;
    // The others come from secrets and fields.
    env[`${name}`] = String(at(deployment, ...containerPath, 'env', n, 'value') ?? 'given');
  }
}

function composeEnv(): NodeJS.ProcessEnv {
  const env = Object.entries(Object(at(compose, 'services', 'node', 'environment')));
  return Object.fromEntries(
    env.map(([name, value]) => [name, `${value}`.replace(/^\$\{\w+:-(.*)\}$/, '$1')]),
  );
}

const environments = { Kubernetes: kubernetesEnv(), Compose: composeEnv() };
const givenMs = {
  Kubernetes: Number(at(deployment, ...podPath, 'terminationGracePeriodSeconds')) * 1_000,
  Compose: Number.parseInt(`${at(compose, 'services', 'node', 'stop_grace_period')}`, 10) * 1_000,
};

test.each(['Kubernetes', 'Compose'] as const)(
  '%s gives a drain the time that it may take',
  (by) => {
    const { drainGraceMs, drainWindowMs } = readConfig(environments[by]);
    const limits = limitsSchema.parse({ drainGraceMs, drainWindowMs });
    const longest =
      limits.drainGraceMs +
      Math.max(limits.drainWindowMs, sourcePatienceMs + limits.enqueuePatienceMs) +
      serverCloseMs;
    expect(givenMs[by]).toBeGreaterThan(longest);
  },
);

test.each(['Kubernetes', 'Compose'] as const)('%s names settings that the example knows', (by) => {
  expect(readConfig(environments[by])).toMatchObject({ broker: 'redis', store: 'redis' });
  const known = readFileSync(new URL('../examples/shared/src/config.ts', import.meta.url), 'utf8');
  // The image sets the others.
  expect(Object.keys(environments[by]).length).toBeGreaterThan(5);
  for (const name of Object.keys(environments[by])) expect(known).toContain(`    ${name}: `);
});

test('Kubernetes hears of a node that drains within its grace, and reaches it where it listens', () => {
  const readiness = [...containerPath, 'readinessProbe'];
  const noticedMs =
    Number(at(deployment, ...readiness, 'periodSeconds')) *
    Number(at(deployment, ...readiness, 'failureThreshold')) *
    1_000;
  const { drainGraceMs = 0, port, host } = readConfig(environments.Kubernetes);
  expect(noticedMs).toBeLessThan(drainGraceMs);
  expect(host).toBe('0.0.0.0');
  expect(at(deployment, ...containerPath, 'ports')).toEqual([
    { name: 'http', containerPort: port },
  ]);
  expect(fileOf('Dockerfile')).toContain(`EXPOSE ${readConfig({}).port}\n`);
});

test('the image holds the example, starts it as process 1, and listens to others than itself', () => {
  const dockerfile = fileOf('Dockerfile');
  const [, command = ''] = /^CMD (.+)$/m.exec(dockerfile) ?? [];
  const [program, ...args]: string[] = JSON.parse(command);
  expect(program).toBe('node');
  const main = args.at(-1) ?? '';
  expect(main).toBe('examples/express/src/main.ts');
  const left = fileOf('Dockerfile.dockerignore').trim().split('\n');
  for (const needed of [main, 'packages/core/src/index.ts', 'pnpm-lock.yaml']) {
    expect(existsSync(new URL(`../${needed}`, import.meta.url))).toBe(true);
    expect(left.filter((each) => `${needed}/`.startsWith(`${each}/`))).toEqual([]);
  }
  const [, settings = ''] = /^ENV (.+)$/m.exec(dockerfile) ?? [];
  const env = Object.fromEntries(settings.split(' ').map((each) => each.split('=')));
  expect(readConfig(env)).toMatchObject({ host: '0.0.0.0', port: readConfig({}).port });
});

test('Kubernetes starts a node before it ends one, and finds all by one label', () => {
  expect(at(deployment, 'spec', 'strategy')).toEqual({
    type: 'RollingUpdate',
    rollingUpdate: { maxUnavailable: 0, maxSurge: 1 },
  });
  const labels = at(deployment, 'spec', 'template', 'metadata', 'labels');
  expect(labels).toEqual({ app: 'notify' });
  expect(at(deployment, 'spec', 'selector', 'matchLabels')).toEqual(labels);
  expect(at(manifestOf('Service'), 'spec')).toMatchObject({
    selector: labels,
    ports: [{ targetPort: 'http' }],
  });
  expect(at(manifestOf('PodDisruptionBudget'), 'spec')).toEqual({
    maxUnavailable: 1,
    selector: { matchLabels: labels },
  });
});

test('HAProxy finds out within the grace, for as many nodes as there are', () => {
  const line = /server-template node (\d+) node:3000 check inter (\d+)s fall (\d+)/;
  const [, count, inter, fall] = line.exec(fileOf('haproxy.cfg')) ?? [];
  const { drainGraceMs = 0 } = readConfig(environments.Compose);
  expect(Number(inter) * Number(fall) * 1_000).toBeLessThan(drainGraceMs);
  expect(Number(count)).toBe(at(compose, 'services', 'node', 'deploy', 'replicas'));
});

test('HAProxy waits longer for a quiet stream than heartbeats take, and says how long those take', () => {
  const config = fileOf('haproxy.cfg');
  const { heartbeatMs } = sseOptionsSchema.parse({});
  expect(config).toContain(`heartbeats pass every ${heartbeatMs / 1_000} s.`);
  for (const side of ['client', 'server', 'tunnel']) {
    const [, minutes] = new RegExp(`timeout ${side} (\\d+)m\\n`).exec(config) ?? [];
    expect(Number(minutes) * 60_000).toBeGreaterThan(2 * heartbeatMs);
  }
});

test('the paths that are probed are there: while a node drains liveness says yes, readiness no', async () => {
  const notifier = createNotifier({ catalogue, drainWindowMs: 0 });
  const server = createServer();
  const mounted = nodeMount(notifier, server, {
    access: { authenticate: () => null },
    health: true,
  });
  server.on('request', (request, response) => {
    if (!mounted(request, response)) response.writeHead(404).end();
  });
  await notifier.start();
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const statusOf = async (probe: string): Promise<number> => {
    const path = at(deployment, ...containerPath, probe, 'httpGet', 'path');
    return (await fetch(`http://127.0.0.1:${port}${path}`)).status;
  };
  const statuses = () =>
    Promise.all(['startupProbe', 'readinessProbe', 'livenessProbe'].map(statusOf));
  expect(await statuses()).toEqual([200, 200, 200]);
  await notifier.drain();
  expect(await statuses()).toEqual([503, 503, 200]);
  const readyPath = at(deployment, ...containerPath, 'readinessProbe', 'httpGet', 'path');
  expect(fileOf('haproxy.cfg')).toContain(`httpchk GET ${readyPath}\n`);
});

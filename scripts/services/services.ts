import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromiumProgram, chromiumStarts } from './chromium.js';
import { composeDown, composeUp, dockerRuns } from './docker.js';
import { launchKafka } from './kafka.js';
import { kafkaCluster, kafkaRoundTrip } from './kafka-ready.js';
import { launchMongo, mongoReady } from './mongo.js';
import { mongoAnswers } from './mongo-ready.js';
import type { KafkaWish } from './options.js';
import { cloneName, runDir } from './paths.js';
import { freePort, freePorts } from './ports.js';
import { launchPostgres } from './postgres.js';
import { postgresAnswers } from './postgres-ready.js';
import { isAlive } from './process-identity.js';
import { launchRedis } from './redis.js';
import { launchRedisCluster, redisClusterAnswers } from './redis-cluster.js';
import { redisAnswers } from './redis-ready.js';
import type { ServiceName, ServiceRecord } from './state.js';
import { stopProcess } from './stop-process.js';
import { waitFor } from './wait.js';

const redisPort = 16_379;
const redisClusterPort = 17_001;
const kafkaPort = 19_092;
const mongoPort = 17_017;
const postgresPort = 16_432;

/** How one service is obtained, each way tried in the order given here, and how it is asked. */
interface Service {
  readonly variable: string;
  fromEnvironment(value: string): Promise<void>;
  fromDocker?(wish: KafkaWish): Promise<string>;
  fromPrograms(wish: KafkaWish): Promise<Pick<ServiceRecord, 'processes'> & { value: string }>;
  wish(wish: KafkaWish): string;
  answers(value: string, wish: string): Promise<boolean>;
  /** Deletes what it keeps outside of our folder. */
  forget?(): Promise<void>;
}

/** PostgreSQL does not run as root, and another user may not be let into the folder of this clone. */
const serviceDataDir = join(tmpdir(), `${cloneName}-postgres`);

const redis: Service = {
  variable: 'REDIS_URL',
  wish: () => '',
  answers: redisAnswers,
  fromEnvironment: async (url) => {
    await waitFor(`redis at ${url}`, () => redisAnswers(url), { timeoutMs: 10_000 });
  },
  fromDocker: async () => {
    const port = await freePort(redisPort);
    await composeUp('redis', { REDIS_PORT: String(port) });
    const url = `redis://127.0.0.1:${port}`;
    await waitFor(`redis at ${url}`, () => redisAnswers(url), { timeoutMs: 30_000 });
    return url;
  },
  fromPrograms: async () => {
    const port = await freePort(redisPort);
    const instance = await launchRedis({ dir: join(runDir, 'redis'), port, detached: true });
    return { value: instance.url, processes: instance.processes };
  },
};

const redisCluster: Service = {
  variable: 'REDIS_CLUSTER_URL',
  wish: () => '',
  answers: redisClusterAnswers,
  fromEnvironment: async (url) => {
    await waitFor(`redis cluster at ${url}`, () => redisClusterAnswers(url), { timeoutMs: 10_000 });
  },
  fromDocker: async () => {
    const wanted = Array.from({ length: 6 }, (_, index) => redisClusterPort + index);
    const ports = await freePorts(wanted);
    const named = ports.map((port, index) => [`REDIS_CLUSTER_PORT_${index + 1}`, String(port)]);
    await composeUp('redis-cluster', Object.fromEntries(named));
    const url = `redis-cluster://${ports.map((port) => `127.0.0.1:${port}`).join(',')}`;
    await waitFor('redis cluster in docker', () => redisClusterAnswers(url), { timeoutMs: 60_000 });
    return url;
  },
  fromPrograms: async () => {
    const dir = join(runDir, 'redis-cluster');
    const cluster = await launchRedisCluster({ dir, detached: true });
    return { value: cluster.url, processes: cluster.nodes.flatMap(({ processes }) => processes) };
  },
};

const kafka: Service = {
  variable: 'KAFKA_BROKERS',
  wish: (wish) => `${wish.version} x${wish.brokers}`,
  answers: async (value, wish) => {
    const wanted = Number(/ x(\d+)$/.exec(wish)?.[1] ?? 1);
    return (await kafkaCluster(value.split(','))).nodeIds.length >= wanted;
  },
  fromEnvironment: async (value) => {
    await kafkaRoundTrip(value.split(','), 60_000).catch((cause: unknown) => {
      throw new Error(`KAFKA_BROKERS=${value}: no record was produced and read back`, { cause });
    });
  },
  fromDocker: async (wish) => {
    const wanted = Array.from({ length: wish.brokers }, (_, index) => kafkaPort + index);
    const ports = await freePorts(wanted);
    const named = ports.map((port, index) => [`KAFKA_PORT_${index + 1}`, String(port)]);
    await composeUp(wish.brokers === 1 ? 'kafka-single' : 'kafka-three', {
      ...Object.fromEntries(named),
      KAFKA_VERSION: wish.version,
    });
    const brokers = ports.map((port) => `127.0.0.1:${port}`);
    const complete = async () => (await kafkaCluster(brokers)).nodeIds.length === wish.brokers;
    await waitFor('kafka in docker', complete, { timeoutMs: 90_000, everyMs: 300 });
    await kafkaRoundTrip(brokers, 60_000);
    return brokers.join(',');
  },
  fromPrograms: async ({ version, brokers }) => {
    const dir = join(runDir, 'kafka');
    const instance = await launchKafka({
      dir,
      version,
      brokers,
      firstPort: kafkaPort,
      detached: true,
    });
    return { value: instance.brokers.join(','), processes: instance.processes };
  },
};

const mongo: Service = {
  variable: 'MONGODB_URL',
  wish: () => '',
  answers: mongoAnswers,
  fromEnvironment: async (url) => {
    await waitFor(`mongo at ${url}`, () => mongoAnswers(url), { timeoutMs: 10_000 });
  },
  fromDocker: async () => {
    const port = await freePort(mongoPort);
    await composeUp('mongo', { MONGO_PORT: String(port) });
    const url = `mongodb://127.0.0.1:${port}/?directConnection=true`;
    await mongoReady(url, { member: 'localhost:27017' });
    return url;
  },
  fromPrograms: async () => {
    const port = await freePort(mongoPort);
    const instance = await launchMongo({ dir: join(runDir, 'mongo'), port, detached: true });
    return { value: instance.url, processes: instance.processes };
  },
};

const postgres: Service = {
  variable: 'POSTGRES_URL',
  wish: () => '',
  answers: postgresAnswers,
  fromEnvironment: async (url) => {
    await waitFor('postgres at POSTGRES_URL', () => postgresAnswers(url), { timeoutMs: 10_000 });
  },
  fromDocker: async () => {
    const port = await freePort(postgresPort);
    await composeUp('postgres', { POSTGRES_PORT: String(port) });
    const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
    await waitFor(`postgres at ${url}`, () => postgresAnswers(url), { timeoutMs: 60_000 });
    return url;
  },
  fromPrograms: async () => {
    const port = await freePort(postgresPort);
    const dir = serviceDataDir;
    await rm(dir, { recursive: true, force: true });
    const instance = await launchPostgres({ dir, port, detached: true });
    return { value: instance.url, processes: instance.processes };
  },
  forget: () => rm(serviceDataDir, { recursive: true, force: true }),
};

const chromium: Service = {
  variable: 'CHROMIUM_PATH',
  wish: () => '',
  answers: chromiumStarts,
  fromEnvironment: async (path) => {
    if (!(await chromiumStarts(path))) throw new Error(`CHROMIUM_PATH=${path} does not start`);
  },
  fromPrograms: async () => {
    const value = await chromiumProgram();
    if (!(await chromiumStarts(value))) throw new Error(`${value} does not start`);
    return { value, processes: [] };
  },
};

const services: Readonly<Record<ServiceName, Service>> = {
  redis,
  'redis-cluster': redisCluster,
  kafka,
  mongo,
  postgres,
  chromium,
};

/** Whether what is recorded can be kept for this wish. */
export async function isGood(record: ServiceRecord, wish: KafkaWish): Promise<boolean> {
  const given = process.env[services[record.name].variable];
  if (given !== undefined && given !== '' && given !== record.env.value) return false;
  const wished = record.name === 'kafka' && wish.explicit && record.origin !== 'environment';
  if (wished && record.wish !== kafka.wish(wish)) return false;
  return answers(record);
}

/** Whether a recorded service lives and answers now. */
export async function answers(record: ServiceRecord): Promise<boolean> {
  if (!record.processes.every(isAlive)) return false;
  return services[record.name].answers(record.env.value, record.wish).catch(() => false);
}

/** Obtains a service by the first way that is open; resolves when it is ready. */
export async function obtain(name: ServiceName, wish: KafkaWish): Promise<ServiceRecord> {
  const service = services[name];
  const given = process.env[service.variable];
  const record = { name, wish: service.wish(wish), processes: [] };
  const env = (value: string) => ({ name: service.variable, value });
  if (given !== undefined && given !== '') {
    await service.fromEnvironment(given);
    return { ...record, wish: '', origin: 'environment', env: env(given) };
  }
  if (service.fromDocker !== undefined && (await dockerRuns())) {
    return { ...record, origin: 'docker', env: env(await service.fromDocker(wish)) };
  }
  const { value, processes } = await service.fromPrograms(wish);
  return { ...record, origin: 'programs', env: env(value), processes };
}

/** Ends what `obtain` started; what was given to us is left alone. */
export async function release(record: ServiceRecord): Promise<void> {
  await Promise.all(record.processes.map((each) => stopProcess(each, each)));
  const { origin, name } = record;
  if (origin === 'programs') await services[name].forget?.();
  if (origin === 'docker' && name !== 'chromium') await composeDown(name);
}

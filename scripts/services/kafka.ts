import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type JavaProgram, javaProgram } from './java.js';
import { defaultKafka, kafkaJars, kafkaRelease } from './kafka-jars.js';
import { type KafkaNodeAddress, kafkaProperties } from './kafka-properties.js';
import { type ClientSecurity, kafkaCluster, kafkaRoundTrip } from './kafka-ready.js';
import { type KafkaSecurity, makeKafkaSecurity } from './kafka-security.js';
import { type ManagedProcess, manageProcess } from './managed-process.js';
import { freePorts } from './ports.js';
import { run } from './run.js';
import type { RecordedProcess } from './state.js';
import { waitFor } from './wait.js';

export interface KafkaOptions {
  /** Data and logs; used by this cluster alone, empty at the start. */
  readonly dir: string;
  /** Default 1. */
  readonly brokers?: number;
  /** `4` (default), `3.9` or a full version. */
  readonly version?: string;
  /** Clients must use TLS and a password; `client` of the instance says which. Default false. */
  readonly secure?: boolean;
  /** Where to look first for free ports; controllers 100 above. Default: anywhere. */
  readonly firstPort?: number;
  /** True: outlives this program. Default: dies with it. */
  readonly detached?: boolean;
}

interface KafkaNode {
  readonly id: number;
  /** `127.0.0.1:port` */
  readonly address: string;
  readonly pid: number;
  /** SIGKILL, SIGTERM: resolves when it has ended. SIGSTOP: when it stands still. SIGCONT: at once. */
  kill(signal: NodeJS.Signals): Promise<void>;
  /** Starts it again on its port and data; resolves when the cluster counts it as alive. */
  restart(): Promise<void>;
}

export interface KafkaInstance {
  readonly brokers: readonly string[];
  readonly nodes: readonly KafkaNode[];
  /** What a KafkaConfig needs beside the addresses. */
  readonly client: ClientSecurity;
  readonly processes: readonly RecordedProcess[];
  stop(): Promise<void>;
}

/** Starts a private Kafka cluster (KRaft); resolves when a produced record was read back. */
export async function launchKafka(options: KafkaOptions): Promise<KafkaInstance> {
  const java = await javaProgram();
  const jars = await kafkaJars(kafkaRelease(options.version ?? defaultKafka));
  const cluster = await addresses(options.brokers ?? 1, options.firstPort);
  const clusterId = randomBytes(16).toString('base64url');
  const security = options.secure === true ? await makeKafkaSecurity(java, options.dir) : open;
  const { client } = security;
  const servers = await Promise.all(
    cluster.map((node) => prepare(java, jars, node, { cluster, clusterId, options, security })),
  );
  const brokers = cluster.map((node) => `127.0.0.1:${node.port}`);
  const stop = async (): Promise<void> => {
    await Promise.all(servers.map((server) => server.stop()));
  };
  try {
    for (const server of servers) await server.start();
    await Promise.all(
      servers.map((server, index) => joined(server, brokers[index], cluster[index], client)),
    );
    await kafkaRoundTrip(brokers, 60_000, client);
  } catch (error) {
    await stop();
    throw error;
  }
  const nodes = servers.map((server, index): KafkaNode => {
    const address = brokers[index] ?? '';
    return {
      id: index + 1,
      address,
      get pid() {
        return server.identity().pid;
      },
      kill: server.kill,
      async restart() {
        await server.start();
        await joined(server, address, cluster[index], client);
      },
    };
  });
  return {
    brokers,
    nodes,
    client,
    get processes() {
      return servers.map((server) => ({ ...server.identity(), log: server.log }));
    },
    stop,
  };
}

interface ClusterPlan {
  readonly cluster: readonly KafkaNodeAddress[];
  readonly clusterId: string;
  readonly options: KafkaOptions;
  readonly security: Pick<KafkaSecurity, 'properties'>;
}

const open = { properties: {}, client: {} };

async function addresses(
  count: number,
  firstPort: number | undefined,
): Promise<KafkaNodeAddress[]> {
  const wanted = (offset: number): number[] =>
    Array.from({ length: count }, (_, index) =>
      firstPort === undefined ? 0 : firstPort + offset + index,
    );
  const ports = await freePorts([...wanted(0), ...wanted(100)]);
  return wanted(0).map((_, index) => ({
    id: index + 1,
    port: ports[index] ?? 0,
    controllerPort: ports[count + index] ?? 0,
  }));
}

async function prepare(
  java: JavaProgram,
  jars: string,
  node: KafkaNodeAddress,
  { cluster, clusterId, options, security }: ClusterPlan,
): Promise<ManagedProcess> {
  const dir = join(options.dir, `node-${node.id}`);
  const config = join(dir, 'server.properties');
  mkdirSync(dir, { recursive: true });
  writeFileSync(config, kafkaProperties(node, cluster, join(dir, 'data'), security.properties));
  const jvm = ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-cp', join(jars, '*')];
  await run(
    java.command,
    // In one word: an id may begin with a dash.
    [...jvm, 'kafka.tools.StorageTool', 'format', `--cluster-id=${clusterId}`, '-c', config],
    {
      timeoutMs: 60_000,
      env: { ...process.env, ...java.env },
    },
  );
  const log4j = [
    '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
    '-Dorg.slf4j.simpleLogger.showDateTime=true',
  ];
  return manageProcess({
    command: java.command,
    args: [
      '-Xms128m',
      '-Xmx512m',
      '-Djava.awt.headless=true',
      ...log4j,
      ...jvm,
      'kafka.Kafka',
      config,
    ],
    env: java.env,
    cwd: dir,
    log: join(dir, 'kafka.log'),
    detached: options.detached ?? false,
  });
}

/** Waits until the cluster, asked at this node, counts the node as one of its live brokers. */
async function joined(
  server: ManagedProcess,
  address: string | undefined,
  node: KafkaNodeAddress | undefined,
  client: ClientSecurity,
): Promise<void> {
  if (address === undefined || node === undefined) return;
  await waitFor(
    `kafka at ${address}`,
    async () => (await kafkaCluster([address], client)).nodeIds.includes(node.id),
    {
      timeoutMs: 90_000,
      everyMs: 200,
      giveUp: () => (server.alive() ? undefined : 'the process has ended'),
      log: server.log,
    },
  );
}

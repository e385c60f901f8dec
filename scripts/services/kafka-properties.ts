export interface KafkaNodeAddress {
  readonly id: number;
  readonly port: number;
  readonly controllerPort: number;
}

/** The server.properties of one node that is both broker and controller (KRaft, combined mode). */
export function kafkaProperties(
  node: KafkaNodeAddress,
  cluster: readonly KafkaNodeAddress[],
  dataDir: string,
  more: Readonly<Record<string, string>> = {},
): string {
  const replicas = Math.min(3, cluster.length);
  // With three replicas, a record accepted with acks=all is still there after one broker was killed.
  const inSync = replicas === 3 ? 2 : 1;
  const voters = cluster.map((each) => `${each.id}@127.0.0.1:${each.controllerPort}`).join(',');
  return render({
    'process.roles': 'broker,controller',
    'node.id': node.id,
    'controller.quorum.voters': voters,
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAINTEXT',
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    listeners: `PLAINTEXT://127.0.0.1:${node.port},CONTROLLER://127.0.0.1:${node.controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${node.port}`,
    'log.dirs': dataDir,

    'default.replication.factor': replicas,
    'min.insync.replicas': inSync,
    'offsets.topic.num.partitions': 1,
    'offsets.topic.replication.factor': replicas,
    'transaction.state.log.num.partitions': 1,
    'transaction.state.log.replication.factor': replicas,
    'transaction.state.log.min.isr': inSync,
    'share.coordinator.state.topic.num.partitions': 1,
    'share.coordinator.state.topic.replication.factor': replicas,
    'share.coordinator.state.topic.min.isr': inSync,

    // Small and quick: this is a cluster for one developer's machine.
    'group.initial.rebalance.delay.ms': 0,
    // A killed broker is noticed in 6 s instead of 9, and still not on every pause of a busy machine.
    'broker.session.timeout.ms': 6_000,
    'broker.heartbeat.interval.ms': 1_000,
    'log.preallocate': false,
    'log.cleaner.dedupe.buffer.size': 16 * 1024 * 1024,
    'num.network.threads': 2,
    'num.io.threads': 4,
    'background.threads': 2,
    ...more,
  });
}

function render(properties: Record<string, string | number | boolean>): string {
  return Object.entries(properties)
    .map(([name, value]) => `${name}=${String(value).replaceAll('\\', '\\\\')}\n`)
    .join('');
}

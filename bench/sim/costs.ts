import type { Load } from './load.js';
import type { Measured, MeasuredPoint } from './measured.js';
import type { Routing, Scenario } from './scenario.js';

/** Microseconds of CPU for one of each. */
export interface Costs {
  /** A node publishes a notification. */
  readonly publish: number;
  /** A node receives one that somebody there follows, and hands it to one stream; */
  readonly deliver: number;
  /** or one that nobody follows. */
  readonly drop: number;
  /** It asks the directory for the user of one that it publishes. */
  readonly lookup: number;
  /** A stream is handed what goes to many at once. */
  readonly write: number;
  /** A node compares a channel with the store. */
  readonly check: number;
  /** Redis appends a notification, */
  readonly redisAppend: number;
  /** takes one as the broker, */
  readonly redisPublish: number;
  /** hands one to a node, */
  readonly redisDeliver: number;
  /** says where a user is, */
  readonly redisLookup: number;
  /** says where a channel stands. */
  readonly redisPosition: number;
}

/** The costs that the measured points come to. */
export function costsOf({ check, points }: Measured): Costs {
  const those = (routing: MeasuredPoint['routing'], to: MeasuredPoint['to']): MeasuredPoint[] =>
    points.filter((point) => point.routing === routing && point.to === to);
  const receivers = (list: readonly MeasuredPoint[]): { cpu: number; received: number }[] =>
    list.flatMap(({ nodeCpu, received }) =>
      nodeCpu.slice(1).map((cpu, index) => ({ cpu, received: received[index + 1] ?? 0 })),
    );
  const perReceived = (list: readonly MeasuredPoint[]): number =>
    median(receivers(list).map(({ cpu, received }) => cpu / received));
  const redis = (list: readonly MeasuredPoint[]): number => median(list.map((p) => p.redisCpu));
  const deliver = perReceived(those('interest', 'online users'));
  const redisAppend = redis(those('fanout', 'offline users'));
  const redisOffline = redis(those('interest', 'offline users'));
  const publishing = (routing: MeasuredPoint['routing']): number =>
    median(those(routing, 'offline users').map(({ nodeCpu }) => nodeCpu[0] ?? 0));
  const publish = publishing('interest');
  return {
    publish,
    deliver,
    drop: perReceived(those('fanout', 'offline users')),
    lookup: Math.max(0, publishing('directed') - publish),
    write: perReceived(those('interest', 'all')) / streamsPerNode,
    check: check.nodeCpu,
    redisAppend,
    redisPublish: Math.max(0, redisOffline - redisAppend),
    redisDeliver: Math.max(0, redis(those('interest', 'online users')) - redisOffline),
    redisLookup: Math.max(0, redis(those('directed', 'offline users')) - redisAppend),
    redisPosition: check.redisCpu,
  };
}

/** Of the measurement. */
const streamsPerNode = 300;

/** Parts of a core that are busy. */
export interface Busy {
  /** A node, without what its transports do. */
  readonly node: number;
  /** Redis: the store, and where it carries envelopes the broker. */
  readonly redis: number;
}

/** What a load costs. Kafka's own CPU, in `fanout`, is not in it. */
export function busyOf(routing: Routing, scenario: Scenario, load: Load, costs: Costs): Busy {
  const { nodes, perSecond, onlineShare } = scenario;
  const delivered = (perSecond * onlineShare * load.nodesPerUser) / nodes;
  const node =
    (load.appends / nodes) * costs.publish +
    (load.lookups / nodes) * costs.lookup +
    delivered * costs.deliver +
    (load.unwanted + load.beacons) * costs.drop +
    load.written * costs.write +
    (load.positions / nodes) * costs.check;
  const store = load.appends * costs.redisAppend + load.positions * costs.redisPosition;
  const broker =
    routing === 'fanout'
      ? 0
      : load.brokerIn * costs.redisPublish +
        load.brokerOut * costs.redisDeliver +
        load.lookups * costs.redisLookup;
  return { node: node / 1e6, redis: (store + broker) / 1e6 };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** How envelopes find the nodes. */
export const routings = ['fanout', 'interest', 'directed'] as const;
export type Routing = (typeof routings)[number];

/** An installation and what goes on in it. */
export interface Scenario {
  readonly nodes: number;
  /** Users with at least one stream open. */
  readonly online: number;
  /** Streams of each, at nodes that a balancer chose independently. */
  readonly streamsPerUser: number;
  /** Notifications to single users in a second. */
  readonly perSecond: number;
  /** The part of them whose user is online. */
  readonly onlineShare: number;
  /** Notifications to everybody in a second. */
  readonly broadcastsPerSecond: number;
  /** `positionCheckMs` and `beaconMs` of the nodes, in seconds. */
  readonly checkSeconds: number;
  readonly beaconSeconds: number;
}

/** Each user has 1.2 streams and is notified once a minute, half of the time while offline. */
export function usualScenario(nodes: number, online: number): Scenario {
  const onlineShare = 0.5;
  return {
    nodes,
    online,
    streamsPerUser: 1.2,
    perSecond: online / 60 / onlineShare,
    onlineShare,
    broadcastsPerSecond: 1 / 60,
    checkSeconds: 10,
    beaconSeconds: 5,
  };
}

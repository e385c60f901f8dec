import type { Routing, Scenario } from './scenario.js';

/** Messages in a second, on the mean. */
export interface Load {
  /** Nodes at which a user who is online has streams. */
  readonly nodesPerUser: number;
  /** Notifications that a node receives over the broker, */
  readonly received: number;
  /** those of them that nobody there follows, */
  readonly unwanted: number;
  /** and that a node writes to streams. */
  readonly written: number;
  /** Beacons that a node receives. */
  readonly beacons: number;
  /** Messages that nodes hand to the broker, all together, */
  readonly brokerIn: number;
  /** and that it hands to nodes. */
  readonly brokerOut: number;
  /** Users looked up in the directory, all together. */
  readonly lookups: number;
  /** Notifications appended to the store, */
  readonly appends: number;
  /** and channels whose position it is asked for. */
  readonly positions: number;
}

/** The position check comes after half of its period to the whole of it. */
const meanPart = 0.75;

/** What each part of an installation has to do, as expected values. */
export function loadOf(routing: Routing, scenario: Scenario): Load {
  const { nodes, online, streamsPerUser, perSecond, onlineShare, broadcastsPerSecond } = scenario;
  const nodesPerUser = expectedNodes(nodes, streamsPerUser);
  const toOnline = perSecond * onlineShare;
  // Each notification has one copy for each of these nodes.
  const copies = routing === 'fanout' ? perSecond * nodes : toOnline * nodesPerUser;
  const wanted = (toOnline * nodesPerUser) / nodes;
  const broadcastCopies = broadcastsPerSecond * nodes;
  // Each node hears each other one.
  const beaconsSent = nodes / scenario.beaconSeconds;
  const sent = {
    fanout: perSecond,
    interest: perSecond,
    // The node that publishes has its own part already.
    directed: toOnline * nodesPerUser * (1 - 1 / nodes),
  }[routing];
  const ownCopies = routing === 'directed' ? wanted : 0;
  return {
    nodesPerUser,
    received: (copies - ownCopies + broadcastCopies) / nodes,
    unwanted: copies / nodes - wanted,
    written: (toOnline * streamsPerUser + broadcastsPerSecond * online * streamsPerUser) / nodes,
    beacons: beaconsSent,
    brokerIn: sent + broadcastsPerSecond + beaconsSent,
    brokerOut: copies - ownCopies + broadcastCopies + beaconsSent * nodes,
    lookups: routing === 'directed' ? perSecond : 0,
    appends: perSecond + broadcastsPerSecond,
    positions: (online * nodesPerUser) / (scenario.checkSeconds * meanPart),
  };
}

/** How many of so many nodes a user with so many streams is at: each stream goes to any of them. */
export function expectedNodes(nodes: number, streams: number): number {
  // Between whole numbers of streams users have the one or the other.
  const fewer = Math.floor(streams);
  const exactly = (count: number): number => nodes * (1 - (1 - 1 / nodes) ** count);
  return exactly(fewer) + (streams - fewer) * (exactly(fewer + 1) - exactly(fewer));
}

import type { ControlPosition } from '../control/members.js';
import { memoryStore } from '../memory/memory-store.js';
import { sampleEphemeral } from './envelopes.js';
import { SharedStore, testNotifier } from './notifier-parts.js';
import type { ObservedStore } from './observed-store.js';
import { RecordingBroker } from './recording-broker.js';

const channel = 'control';
/** How often the node and those that are played send a beacon. */
export const beaconMs = 1_000;

type NodeFields = Omit<NonNullable<Parameters<typeof testNotifier>[0]>, 'store'> & {
  readonly remote?: boolean;
  readonly store?: ObservedStore;
};

/** A node of a cluster whose other nodes the test plays. */
export function controlNode({
  remote = true,
  store = new SharedStore(memoryStore(), true),
  ...fields
}: NodeFields = {}) {
  const broker = new RecordingBroker({ remote });
  const parts = { store, broker, nodeId: 'here', beaconMs, revokeWaitMs: 20_000, ...fields };
  const { notifier } = testNotifier(parts);
  let told = 1_000;
  const hear = (type: string, dataJson: string): void => {
    told += 1;
    broker.sink.receive([{ ...sampleEphemeral(channel, told), type, dataJson }]);
  };
  return {
    notifier,
    store,
    broker,
    hear,
    /** Another node says that it lives, and how far it has read. */
    hearBeacon(node: string, position: ControlPosition, more: object = {}): void {
      hear('beacon', JSON.stringify({ node, ...position, periodMs: beaconMs, ...more }));
    },
    /** Where the control log ends. */
    async head(): Promise<ControlPosition> {
      const [head] = await store.positions([channel]);
      if (head === undefined) throw new Error('the store told no position');
      return { epoch: head.epoch, offset: head.offset };
    },
    /** What this node has said of itself so far. */
    get beacons(): readonly Record<string, unknown>[] {
      return broker.control
        .filter(({ type }) => type === 'beacon')
        .map(({ dataJson }) => JSON.parse(dataJson));
    },
  };
}

export type ControlNode = ReturnType<typeof controlNode>;

/** Appends an entry as another node would whose wake-up was lost. */
export async function appendUnheard(
  { store }: Pick<ControlNode, 'store'>,
  data: object,
  type = 'revoke',
): Promise<void> {
  const id = sampleEphemeral(channel, Math.floor(Math.random() * 1e9)).id;
  await store.append([{ channel, id, type, time: Date.now(), dataJson: JSON.stringify(data) }]);
}

/** What has come of a promise so far. */
export function outcomeOf(promise: Promise<unknown>): { state: string; error?: unknown } {
  const outcome: { state: string; error?: unknown } = { state: 'waits' };
  promise.then(
    () => {
      outcome.state = 'resolved';
    },
    (error: unknown) => Object.assign(outcome, { state: 'rejected', error }),
  );
  return outcome;
}

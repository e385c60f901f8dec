import fc from 'fast-check';
import type { ClientRequest } from '../../src/client/test-client.js';

/** To whom the publishers of a history send: their channels are all that there is. */
export const audiences = [
  { user: 'u0' },
  { user: 'u1' },
  { group: 'g0' },
  { all: true },
  { users: ['u0', 'u1'] },
] as const;

export const channels = ['user:u0', 'user:u1', 'group:g0', 'all'] as const;

export function channelOf(number: number): string {
  return channels[number % channels.length] ?? 'all';
}

/** One thing that happens. */
export type Step =
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'publish'; readonly node: number; readonly to: number; readonly times: number }
  | { readonly do: 'publishKeyed'; readonly node: number; readonly key: number }
  | { readonly do: 'publishConflict'; readonly node: number; readonly key: number }
  | { readonly do: 'publishEphemeral'; readonly node: number; readonly to: number }
  | { readonly do: 'disconnect' | 'cut' | 'pause' | 'resume'; readonly client: number }
  | { readonly do: 'slow'; readonly client: number; readonly everyMs: number }
  | { readonly do: 'reconnect'; readonly client: number; readonly node: number }
  | { readonly do: 'drop' | 'duplicate' | 'reorder'; readonly share: number }
  | { readonly do: 'delay'; readonly maxMs: number }
  | { readonly do: 'partition'; readonly node: number; readonly noticedAfterMs: number }
  | { readonly do: 'brokerDown' | 'brokerUp' }
  | { readonly do: 'storeFails'; readonly how: 'refused' | 'unanswered'; readonly share: number }
  | { readonly do: 'storeSlow'; readonly maxMs: number }
  | { readonly do: 'storeRecovers' | 'loseEverything' }
  | { readonly do: 'loseTail' | 'trim'; readonly channel: number; readonly count: number }
  | { readonly do: 'crash' | 'restart'; readonly node: number };

/** A run, all of it but what the nodes do. */
export interface History {
  /** Decides the deployment's chance. */
  readonly seed: number;
  readonly nodes: number;
  readonly clients: readonly ClientRequest[];
  readonly steps: readonly Step[];
}

/** So that a failure prints what `JSON.parse` reads. */
const plain = { noNullPrototype: true } as const;

const client: fc.Arbitrary<ClientRequest> = fc.record(
  {
    user: fc.constantFrom('u0', 'u1'),
    groups: fc.constantFrom([], ['g0']),
    node: fc.nat(2),
    kind: fc.constantFrom('sse' as const, 'websocket' as const),
    bufferBytes: fc.constantFrom(150, 600, 16_384),
  },
  plain,
);

const node = fc.nat(2);
const to = fc.nat(audiences.length - 1);
const which = fc.nat(3);
const share = fc.constantFrom(0.1, 0.5, 1);
const count = fc.integer({ min: 1, max: 6 });

interface Weighted<Each> {
  readonly weight: number;
  readonly arbitrary: fc.Arbitrary<Each>;
}

function step<Kind extends Step['do'], Rest extends object>(
  weight: number,
  kind: Kind,
  rest: { [Key in keyof Rest]: fc.Arbitrary<Rest[Key]> },
): Weighted<{ do: Kind } & Rest> {
  return { weight, arbitrary: fc.record(rest, plain).map((fields) => ({ do: kind, ...fields })) };
}

const steps = [
  step(24, 'publish', { node, to, times: fc.integer({ min: 1, max: 4 }) }),
  step(8, 'publishKeyed', { node, key: fc.nat(4) }),
  step(1, 'publishConflict', { node, key: fc.nat(4) }),
  step(4, 'publishEphemeral', { node, to }),
  step(22, 'wait', { ms: fc.constantFrom(0, 1, 10, 40, 150, 700) }),
  step(5, 'disconnect', { client: which }),
  step(5, 'cut', { client: which }),
  step(4, 'pause', { client: which }),
  step(2, 'slow', { client: which, everyMs: fc.constantFrom(5, 50) }),
  step(3, 'resume', { client: which }),
  step(12, 'reconnect', { client: which, node }),
  step(2, 'duplicate', { share }),
  step(3, 'reorder', { share }),
  step(3, 'delay', { maxMs: fc.constantFrom(3, 60) }),
  step(5, 'brokerUp', {}),
  step(3, 'storeSlow', { maxMs: fc.constantFrom(4, 300) }),
  step(5, 'storeRecovers', {}),
  step(1, 'loseEverything', {}),
  step(3, 'loseTail', { channel: which, count }),
  step(3, 'trim', { channel: which, count }),
  step(3, 'restart', { node }),
  step(3, 'drop', { share }),
  step(2, 'partition', { node, noticedAfterMs: fc.constantFrom(0, 100, 1_000_000) }),
  step(3, 'brokerDown', {}),
  step(2, 'storeFails', { how: fc.constantFrom('refused' as const, 'unanswered' as const), share }),
  step(2, 'crash', { node }),
];

/** The store loses what a user was sent last, and gives the places out again while few hear of it. */
const repeated: Weighted<readonly Step[]> = {
  weight: 20,
  arbitrary: fc
    .record({ user: fc.nat(1), first: node, second: node, count: fc.constantFrom(1, 1, 2), share })
    .map(({ user: to, first, second, count, share }): readonly Step[] => [
      { do: 'publish', node: first, to, times: count },
      { do: 'wait', ms: 40 },
      { do: 'loseTail', channel: to, count },
      { do: 'drop', share },
      { do: 'publish', node: second, to, times: count },
      { do: 'wait', ms: 40 },
      { do: 'drop', share: 0 },
      { do: 'publish', node: second, to, times: 1 },
    ]),
};

function historiesOf(...of: readonly Weighted<Step | readonly Step[]>[]): fc.Arbitrary<History> {
  return fc.record(
    {
      seed: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
      nodes: fc.constantFrom(2, 2, 3),
      clients: fc.array(client, { minLength: 2, maxLength: 4 }),
      steps: fc
        .array(fc.oneof(...of), { minLength: 5, maxLength: 45, size: 'max' })
        .map((each) => each.flat()),
    },
    plain,
  );
}

/**
 * Small ones: what goes wrong, goes wrong with few nodes, clients and steps. Some give places out again
 * more often than chance would.
 */
export const histories: fc.Arbitrary<History> = fc.oneof(
  { weight: 4, arbitrary: historiesOf(...steps) },
  { weight: 1, arbitrary: historiesOf(...steps, repeated) },
);

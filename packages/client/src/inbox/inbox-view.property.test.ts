import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SimulatedClient } from '../../test/simulated-client.js';
import { SimulatedServer } from '../../test/simulated-server.js';

type Step =
  | { readonly op: 'send'; readonly to: 'me' | 'all' | 'group'; readonly type: 'news' | 'promo' }
  | { readonly op: 'mark'; readonly mark: Mark; readonly picks: readonly number[] }
  | { readonly op: 'markAll'; readonly mark: Mark }
  | { readonly op: 'markUpTo'; readonly mark: Mark; readonly client: number }
  | { readonly op: 'mute' | 'unmute' | 'leave' }
  | { readonly op: 'deliver'; readonly client: number; readonly channel: number }
  | { readonly op: 'deliverAll'; readonly client: number }
  | { readonly op: 'reconnect'; readonly client: number; readonly back: number }
  | { readonly op: 'ask' | 'askOlder' | 'answer'; readonly client: number };

type Mark = 'markSeen' | 'markRead' | 'markUnread' | 'archive' | 'unarchive' | 'remove';

const clients = 3;
const client = fc.nat(clients - 1);
const all: readonly Mark[] = [
  'markSeen',
  'markRead',
  'markUnread',
  'archive',
  'unarchive',
  'remove',
];

/** @param marks - what is done to notifications */
const stepOf = (marks: readonly Mark[], changes: ('mute' | 'unmute' | 'leave')[]) => {
  const mark = fc.constantFrom(...marks);
  const picks = fc.array(fc.nat(60), { minLength: 1, maxLength: 4 });
  const to = fc.constantFrom('me' as const, 'all' as const, 'group' as const);
  const type = fc.constantFrom('news' as const, 'promo' as const);
  const channel = fc.nat(3);
  return fc.oneof<fc.WeightedArbitrary<Step>[]>(
    { weight: 6, arbitrary: fc.record({ op: fc.constant('send' as const), to, type }) },
    { weight: 5, arbitrary: fc.record({ op: fc.constant('mark' as const), mark, picks }) },
    { weight: 1, arbitrary: fc.record({ op: fc.constant('markAll' as const), mark }) },
    { weight: 1, arbitrary: fc.record({ op: fc.constant('markUpTo' as const), mark, client }) },
    { weight: 1, arbitrary: fc.record({ op: fc.constantFrom(...changes) }) },
    { weight: 9, arbitrary: fc.record({ op: fc.constant('deliver' as const), client, channel }) },
    { weight: 1, arbitrary: fc.record({ op: fc.constant('deliverAll' as const), client }) },
    {
      weight: 1,
      arbitrary: fc.record({ op: fc.constant('reconnect' as const), client, back: fc.nat(40) }),
    },
    {
      weight: 6,
      arbitrary: fc.record({
        op: fc.constantFrom('ask' as const, 'askOlder' as const, 'answer' as const),
        client,
      }),
    },
  );
};

async function run(steps: readonly Step[], check: (each: SimulatedClient) => void): Promise<void> {
  const server = await SimulatedServer.start();
  try {
    // Enough that older pages are left to be asked for.
    for (const to of ['me', 'group', 'all'] as const) {
      for (let n = 0; n < 4; n += 1) await server.send(to, n === 0 ? 'promo' : 'news');
    }
    const views: SimulatedClient[] = [];
    while (views.length < clients) views.push(await SimulatedClient.open(server));
    for (const step of steps) {
      if (!('client' in step)) {
        await onServer(server, step);
        continue;
      }
      const each = views[step.client];
      if (each === undefined) throw new Error('no such client');
      if (step.op === 'deliver') await each.deliver(step.channel);
      else if (step.op === 'deliverAll') await each.deliverAll();
      else if (step.op === 'reconnect') each.reconnect(step.back);
      else if (step.op === 'markUpTo') await server.inbox[step.mark]({ upTo: each.loadedAt });
      else if (step.op === 'answer') each.answer();
      else await each.ask(step.op === 'askOlder');
      check(each);
    }
    for (const each of views) {
      await each.deliverAll();
      check(each);
      await each.mustShowThePrefix();
      await each.loadWhatIsMissing();
      await each.mustShowEverything();
    }
  } finally {
    await server.close();
  }
}

async function onServer(
  server: SimulatedServer,
  step: Extract<Step, { readonly op: 'send' | 'mark' | 'markAll' | 'mute' | 'unmute' | 'leave' }>,
): Promise<void> {
  const { inbox } = server;
  if (step.op === 'send') await server.send(step.to, step.type);
  else if (step.op === 'mark') await inbox[step.mark]({ ids: server.pick(step.picks) });
  else if (step.op === 'markAll') await inbox[step.mark]({ all: true });
  else if (step.op === 'leave') await inbox.leave('g1');
  else await inbox[step.op]('promo');
}

const numRuns = Number(process.env.INBOX_RUNS ?? 150);

test('whatever comes in whatever order, every view shows in the end what the server lists', async () => {
  const steps = fc.array(stepOf(all, ['mute', 'unmute', 'leave']), { maxLength: 120, size: 'max' });
  await fc.assert(
    fc.asyncProperty(steps, (sequence) => run(sequence, (each) => each.mustBeSound())),
    { numRuns },
  );
}, 120_000);

test('a view does not ask to be loaded anew while nothing comes back that it cannot know', async () => {
  const marks = all.filter((mark) => mark !== 'unarchive');
  const steps = fc.array(stepOf(marks, ['mute', 'leave']), { maxLength: 120, size: 'max' });
  await fc.assert(
    fc.asyncProperty(steps, (sequence) =>
      run(sequence, (each) => {
        each.mustBeSound();
        expect(each.view.state.stale).toBe(false);
      }),
    ),
    { numRuns },
  );
}, 120_000);

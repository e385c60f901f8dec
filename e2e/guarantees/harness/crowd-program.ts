import { Crowd } from '../../harness/crowd.js';
import { eventually } from '../../harness/eventually.js';
import { expectDelivery, type Follower } from '../../harness/expect-delivery.js';
import type {
  CrowdCalls,
  CrowdReply,
  CrowdRequest,
  CrowdReturns,
  CrowdTally,
} from './crowd-messages.js';

/** The clients of a test in a process of their own: reading does not compete with publishing. */
let crowd: Crowd | undefined;

const present = (): Crowd => {
  if (crowd === undefined) throw new Error('nobody is connected yet');
  return crowd;
};

async function answer(request: CrowdRequest): Promise<CrowdCalls[CrowdRequest['call']]['answer']> {
  switch (request.call) {
    case 'connect':
      crowd = await Crowd.connect(request.ask.members, request.ask.nodes, request.ask.second);
      return null;
    case 'reach':
      await reach(present().followers, request.ask);
      return null;
    case 'returnTo':
      await returnTo(request.ask.node);
      return null;
    case 'returns':
      return returns(present().followers);
    case 'tally':
      return tally(present().followers);
    case 'expectDelivery':
      await expectDelivery(request.ask.accepted, present().followers, request.ask.nodes);
      return null;
  }
}

async function reach(
  followers: readonly Follower[],
  { heads, timeoutMs }: CrowdCalls['reach']['ask'],
): Promise<void> {
  const lacks = ({ reader, channels }: Follower): boolean =>
    channels.some((channel) => (reader.log.reached(channel) ?? -1) < (heads.get(channel) ?? 0));
  let behind = [...followers];
  await eventually(
    'every client has caught up',
    () => {
      behind = behind.filter(lacks);
      return behind.length === 0;
    },
    () => `${behind.length} have not: ${behind.slice(0, 5).map(({ reader }) => reader.name)}`,
    { timeoutMs },
  );
}

async function returnTo(node: CrowdCalls['returnTo']['ask']['node']): Promise<void> {
  const readers = present().readersAt(node);
  for (const reader of readers) reader.cut();
  await Promise.all(readers.map((reader) => reader.resume(node.base)));
}

function returns(followers: readonly Follower[]): CrowdReturns {
  const readers = followers.map(({ reader }) => reader);
  const times = readers.flatMap(({ readyTimes }) => readyTimes.slice(1)).sort((a, b) => a - b);
  const byes = readers.flatMap((reader) => reader.byes);
  return { times, toldToGo: byes.filter(({ code }) => code === 'DRAINING').length };
}

function tally(followers: readonly Follower[]): CrowdTally {
  const logs = followers.map(({ reader }) => reader.log);
  const sum = (of: (log: (typeof logs)[number]) => number): number =>
    logs.reduce((total, log) => total + of(log), 0);
  return {
    clients: logs.length,
    received: sum(({ received }) => received),
    repeats: sum(({ allowedRepeats }) => allowedRepeats),
    reconnects: sum(({ readies }) => readies.length - 1),
    unrecovered: sum(({ readies }) => readies.filter(({ recovered }) => !recovered).length),
  };
}

process.on('message', (request: CrowdRequest) => {
  const { n } = request;
  const send = (reply: CrowdReply): void => void process.send?.(reply);
  answer(request).then(
    (value) => send({ n, answer: value }),
    (error: unknown) => send({ n, failure: String(error) }),
  );
});
// It goes with the test.
process.on('disconnect', () => process.exit());

import { Crowd, type CrowdMember } from './crowd.js';
import type { Follower } from './expect-delivery.js';
import type { NodeProcess } from './node-process.js';
import type { NotifyBody } from './publisher.js';

const userCount = 200;
const groupCount = 10;
const strangerCount = 3;

/** The population of a fan-out test: users with groups, and strangers whom nobody addresses. */
export interface Population {
  readonly users: readonly string[];
  readonly crowd: Crowd;
  readonly strangers: readonly Follower[];
}

/** Some users have names that break whoever builds addresses, keys or JSON out of them carelessly. */
const oddNames = ['ünïcödé', 'a b', 'q?x=1&y', '{curly}', 'quo"te\\', 'dot.star*', '💡', '~c1~'];

export async function populate(
  run: string,
  nodes: readonly [NodeProcess, NodeProcess],
): Promise<Population> {
  const members = Array.from({ length: userCount }, (_, index): CrowdMember => {
    const name = oddNames[index] ?? `u${index}`;
    return { user: `${run}-${name}`, groups: [groupOf(run, index)] };
  });
  const strange = Array.from({ length: strangerCount }, (_, index): CrowdMember => {
    return { user: `${run}-stranger${index}`, groups: [] };
  });
  const crowd = await Crowd.connect([...members, ...strange], nodes);
  return {
    crowd,
    users: members.map(({ user }) => user),
    strangers: crowd.followers.slice(2 * userCount),
  };
}

/** The `n`th notification over HTTP: mostly to one user, some to several, to groups and to all. */
export function httpNotification(
  run: string,
  users: readonly string[],
  n: number,
): Omit<NotifyBody, 'idempotencyKey'> {
  const text = `over HTTP, number ${n}`;
  const notice = { type: 'system.notice', data: { text, level: 'info' } };
  const user = (index: number): string => users[index % users.length] ?? '';
  if (n % 100 === 0) return { to: { all: true }, ...notice };
  if (n % 10 === 0) return { to: { group: groupOf(run, n / 10) }, ...notice };
  if (n % 25 === 1) {
    const several = Array.from({ length: 5 }, (_, index) => user(n + index * 7));
    return { to: { users: several }, ...notice };
  }
  if (n % 3 === 0) {
    const data = { orderId: `order-${n}`, amount: n / 100 };
    return { to: { user: user(n) }, type: 'order.approved', data };
  }
  return { to: { user: user(n) }, type: 'message', data: { text } };
}

function groupOf(run: string, index: number): string {
  return `${run}-g${index % groupCount}`;
}

import type { CrowdMember } from '../../harness/crowd.js';
import type { NotifyBody } from '../../harness/publisher.js';

const groupSize = 20;

/** Who is addressed in one run: so many users, in groups of twenty. */
export interface Population {
  readonly run: string;
  readonly users: number;
}

/** Everybody who is connected in a run, and in which group. */
export function membersOf(population: Population): CrowdMember[] {
  return Array.from({ length: population.users }, (_, index) => {
    return { user: userOf(population, index), groups: [groupOf(population, index)] };
  });
}

/** 80 % to a user, 18 % to a group, 2 % to all; the users and groups in turn. */
export function nthNotification(to: Population, n: number): Omit<NotifyBody, 'idempotencyKey'> {
  const [type, data] = ['message', { text: `number ${n}` }];
  const place = n % 50;
  const round = Math.floor(n / 50);
  if (place === 0) return { to: { all: true }, type, data };
  if (place < 10) return { to: { group: groupOf(to, round * 9 + place) }, type, data };
  return { to: { user: userOf(to, (round * 40 + place) % to.users) }, type, data };
}

const userOf = ({ run }: Population, index: number): string => `${run}-u${index}`;
const groupOf = ({ run, users }: Population, index: number): string =>
  `${run}-g${index % Math.ceil(users / groupSize)}`;

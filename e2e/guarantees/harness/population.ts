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

/** What is published, in turns: of so many notifications one goes to all, some go to a group, the rest to a user. */
export interface Mix {
  readonly turn: number;
  readonly toGroups: number;
}

/** 80 % to a user, 18 % to a group, 2 % to all: with 600 clients, 21 deliveries of each on the average. */
export const heavyMix: Mix = { turn: 50, toGroups: 9 };

/** At 500 in a second one to all, 4 % to a group: with 600 clients, 5 deliveries of each on the average. */
export const lightMix: Mix = { turn: 500, toGroups: 20 };

/** The users and groups in turn. */
export function nthNotification(
  to: Population,
  n: number,
  { turn, toGroups }: Mix = heavyMix,
): Omit<NotifyBody, 'idempotencyKey'> {
  const [type, data] = ['message', { text: `number ${n}` }];
  const place = n % turn;
  const round = Math.floor(n / turn);
  if (place === 0) return { to: { all: true }, type, data };
  if (place <= toGroups)
    return { to: { group: groupOf(to, round * toGroups + place) }, type, data };
  const toUsers = turn - toGroups - 1;
  return { to: { user: userOf(to, (round * toUsers + place) % to.users) }, type, data };
}

const userOf = ({ run }: Population, index: number): string => `${run}-u${index}`;
const groupOf = ({ run, users }: Population, index: number): string =>
  `${run}-g${index % Math.ceil(users / groupSize)}`;

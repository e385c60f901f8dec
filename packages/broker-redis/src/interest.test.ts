import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Interest, maxTopicsPerCommand, type SubscriptionWire } from './interest.js';

/** A server whose answers come when the test says so. */
class FakeRedis implements SubscriptionWire {
  readonly subscribed = new Set<string>();
  readonly commands: [name: string, count: number][] = [];
  refuses: (topic: string) => boolean = () => false;
  #underWay = 0;
  readonly #pending: { run: () => void; fail: (error: Error) => void }[] = [];

  subscribe(topics: readonly string[]): Promise<void> {
    return this.#command('subscribe', topics, () => {
      if (topics.some(this.refuses)) throw new Error('NOPERM');
      for (const topic of topics) this.subscribed.add(topic);
    });
  }

  unsubscribe(topics: readonly string[]): Promise<void> {
    return this.#command('unsubscribe', topics, () => {
      for (const topic of topics) this.subscribed.delete(topic);
    });
  }

  /** Answers commands, and those that follow from the answers, until none comes any more. */
  async answerAll(): Promise<void> {
    for (let idle = 0; idle < 3; idle += 1) {
      await nextTurn();
      for (let next = this.#pending.shift(); next; next = this.#pending.shift()) {
        idle = 0;
        next.run();
        await nextTurn();
      }
    }
  }

  async answerOne(): Promise<void> {
    await nextTurn();
    this.#pending.shift()?.run();
    await nextTurn();
  }

  /** The connection breaks: nothing is subscribed any more, what is under way fails. */
  break(): void {
    this.subscribed.clear();
    for (const { fail } of this.#pending.splice(0)) fail(new Error('closed'));
  }

  #command(name: string, topics: readonly string[], effect: () => void): Promise<void> {
    expect(topics.length).toBeGreaterThan(0);
    expect(topics.length).toBeLessThanOrEqual(maxTopicsPerCommand);
    expect(this.#underWay).toBe(0);
    this.#underWay += 1;
    this.commands.push([name, topics.length]);
    const answer = new Promise<void>((resolve, reject) => {
      const run = (): void => {
        try {
          effect();
          resolve();
        } catch (error) {
          reject(error);
        }
      };
      this.#pending.push({ run, fail: reject });
    });
    return answer.finally(() => {
      this.#underWay -= 1;
    });
  }
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const ignore = (): void => {};

test('requests of one tick share commands of at most 500', async () => {
  const redis = new FakeRedis();
  const interest = new Interest(redis);
  const topics = Array.from({ length: 1_201 }, (_, i) => `t${i}`);
  const done = Promise.all(topics.map((topic) => interest.want([topic])));
  await redis.answerAll();
  await done;
  expect(redis.commands).toEqual([
    ['subscribe', 500],
    ['subscribe', 500],
    ['subscribe', 201],
  ]);
  expect(redis.subscribed.size).toBe(1_201);
});

test('what is subscribed already costs no command', async () => {
  const redis = new FakeRedis();
  const interest = new Interest(redis);
  interest.want(['a']).catch(ignore);
  await redis.answerAll();
  await interest.want(['a']);
  await interest.unwant(['b']);
  expect(redis.commands).toEqual([['subscribe', 1]]);
});

test('a subscribe that meets its own unsubscribe under way ends up subscribed', async () => {
  const redis = new FakeRedis();
  const interest = new Interest(redis);
  interest.want(['a']).catch(ignore);
  await redis.answerAll();
  const left = interest.unwant(['a']);
  await nextTurn();
  expect(redis.commands.at(-1)).toEqual(['unsubscribe', 1]);
  const back = interest.want(['a']);
  await redis.answerAll();
  await Promise.all([left, back]);
  expect(redis.subscribed).toEqual(new Set(['a']));
});

test('a subscribe resolves only when it is acknowledged', async () => {
  const redis = new FakeRedis();
  const interest = new Interest(redis);
  let acknowledged = false;
  const wanted = interest.want(['a']).then(() => {
    acknowledged = true;
  });
  await nextTurn();
  await nextTurn();
  expect(redis.commands).toHaveLength(1);
  expect(acknowledged).toBe(false);
  await redis.answerAll();
  await wanted;
});

test('an answer from an earlier connection acknowledges nothing', async () => {
  const redis = new FakeRedis();
  const interest = new Interest(redis);
  const wanted = interest.want(['a']);
  await nextTurn();
  interest.connectionLost();
  const rejected = expect(wanted).rejects.toMatchObject({ code: 'BROKER_UNAVAILABLE' });
  await redis.answerAll();
  await rejected;
  const restored = interest.restore();
  await redis.answerAll();
  await restored;
  expect(redis.commands).toEqual([
    ['subscribe', 1],
    ['subscribe', 1],
  ]);
});

test('a refused topic stays wanted and is told until it is granted or given up', async () => {
  const redis = new FakeRedis();
  const interest = new Interest(redis);
  redis.refuses = (topic) => topic === 'b';
  const refused = expect(interest.want(['b'])).rejects.toMatchObject({
    message: expect.stringContaining('NOPERM'),
  });
  await redis.answerAll();
  await refused;
  expect(interest.failure).toMatchObject({ code: 'BROKER_UNAVAILABLE' });
  redis.refuses = () => false;
  const restored = interest.restore();
  await redis.answerAll();
  await restored;
  expect(interest.failure).toBeUndefined();
  expect(redis.subscribed).toEqual(new Set(['b']));
});

type Step = ['want' | 'unwant', string[]] | ['answer'] | ['break'] | ['refuse', boolean];
const topics = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 1, maxLength: 3 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(fc.constantFrom('want' as const, 'unwant' as const), topics) },
  { weight: 3, arbitrary: fc.constant<Step>(['answer']) },
  { weight: 1, arbitrary: fc.constant<Step>(['break']) },
  { weight: 1, arbitrary: fc.tuple(fc.constant('refuse' as const), fc.boolean()) },
);

test('after any history, what is wanted is what is subscribed', async () => {
  const property = fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
    const redis = new FakeRedis();
    const interest = new Interest(redis);
    const wanted = new Set<string>();
    let unsettled = 0;
    const settles = (call: Promise<void>): void => {
      unsettled += 1;
      call.catch(ignore).finally(() => {
        unsettled -= 1;
      });
    };
    for (const [kind, argument] of steps) {
      if (kind === 'want' || kind === 'unwant') {
        for (const topic of argument) kind === 'want' ? wanted.add(topic) : wanted.delete(topic);
        settles(interest[kind](argument));
      } else if (kind === 'answer') {
        await redis.answerOne();
      } else if (kind === 'refuse') {
        redis.refuses = () => argument;
      } else {
        interest.connectionLost();
        redis.break();
      }
    }
    await redis.answerAll();
    redis.refuses = () => false;
    settles(interest.restore());
    await redis.answerAll();
    expect(redis.subscribed).toEqual(wanted);
    expect(interest.failure).toBeUndefined();
    expect(unsettled).toBe(0);
  });
  await fc.assert(property, { numRuns: 300 });
});

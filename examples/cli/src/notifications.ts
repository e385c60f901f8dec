import { countOf, listOf, parseJson } from './options.js';
import { UsageError } from './usage.js';

/** The options that say what is sent to whom, equal for `send` and `produce`. */
export const notificationOptions = {
  'to-user': { type: 'string' },
  'to-users': { type: 'string' },
  'to-group': { type: 'string' },
  'to-all': { type: 'boolean' },
  users: { type: 'string' },
  type: { type: 'string' },
  data: { type: 'string' },
  count: { type: 'string' },
} as const;

type Values = {
  readonly [Name in keyof typeof notificationOptions]?: string | boolean | undefined;
};

/** One thing to send: `key` is whom it is for, as text. */
export interface Outgoing {
  readonly n: number;
  readonly key: string;
  readonly body: { readonly to: object; readonly type: string; readonly data: unknown };
}

/** What the options ask for, one after the other. @throws UsageError */
export function outgoings(values: Values): Iterable<Outgoing> {
  const audienceAt = audienceOf(values);
  const type = text(values.type) ?? 'message';
  const data = text(values.data) ?? '{"text":"hello {n}"}';
  const count = countOf(text(values.count));
  parseJson('data', filled(data, 1));
  return {
    *[Symbol.iterator]() {
      for (let n = 1; n <= count; n += 1) {
        const { to, key } = audienceAt(n);
        yield { n, key, body: { to, type, data: parseJson('data', filled(data, n)) } };
      }
    },
  };
}

/** Puts the counter in. */
export function filled(template: string, n: number): string {
  return template.replaceAll('{n}', String(n));
}

function audienceOf(values: Values): (n: number) => { readonly to: object; readonly key: string } {
  const user = text(values['to-user']);
  const users = text(values['to-users']);
  const group = text(values['to-group']);
  const inTurn = text(values.users);
  const given = [user, users, group, inTurn].filter((each) => each !== undefined).length;
  if (given + (values['to-all'] === true ? 1 : 0) !== 1) {
    throw new UsageError('pass one of --to-user, --to-users, --to-group, --to-all and --users');
  }
  if (user !== undefined) return () => ({ to: { user }, key: user });
  if (group !== undefined) return () => ({ to: { group }, key: group });
  if (users !== undefined) {
    const list = listOf('to-users', users);
    return () => ({ to: { users: list }, key: list.join(',') });
  }
  if (inTurn === undefined) return () => ({ to: { all: true }, key: 'all' });
  const list = listOf('users', inTurn);
  return (n) => {
    const name = list[(n - 1) % list.length] ?? '';
    return { to: { user: name }, key: name };
  };
}

function text(value: string | boolean | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

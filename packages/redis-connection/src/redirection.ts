import type { HostPort } from './redis-source.js';

/**
 * Why a node of a Cluster did not do what it was told, and who may. Nothing was done in any case.
 * `moved`: the slot has another owner for good. `asked`: this key may be with another node, for this
 * command. `later`: the keys are on their way between two nodes.
 */
export type Redirection =
  | { readonly kind: 'moved' | 'asked'; readonly to: HostPort | undefined }
  | { readonly kind: 'later' };

/** What an error answer says of the way to go; undefined where it is another error. */
export function redirectionOf({ message }: Error): Redirection | undefined {
  if (message.startsWith('TRYAGAIN')) return { kind: 'later' };
  const found = /^(MOVED|ASK) \d+ (.*):(\d+)$/.exec(message);
  if (found === null) return undefined;
  const [, word, host, port] = found;
  // Without a host: the one that was asked, which the next look at the Cluster tells.
  const to = host === undefined || host === '' ? undefined : { host, port: Number(port) };
  return { kind: word === 'MOVED' ? 'moved' : 'asked', to };
}

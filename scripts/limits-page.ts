import { limitTable } from '../packages/core/src/limits/limit-table.js';

/** The page that lists every limit. */
export function limitsPage(): string {
  const rows = Object.entries(limitTable).map(
    ([name, { bounds, option, beyond }]) => `| \`${name}\` | ${bounds} | ${option} | ${beyond} |`,
  );
  return [
    '# Limits',
    '',
    'Every limit at which something is refused, closed or left out, with the option that sets it and its default. `notifier.limits.snapshot()` counts how often each was reached on a node. A refusal that may pass tells when to come back: `Retry-After`, or `returnMs` in the `bye`.',
    '',
    '| limit | what is bounded | option, default | beyond it |',
    '|---|---|---|---|',
    ...rows,
    '',
    'Addresses are those of the sockets. Behind a proxy all clients share its address: give the transports `clientIp`, from a header that your proxy sets and that clients cannot.',
    '',
    'Windows that forget instead of refusing: `ringCount` and `ringBytes` of `createNotifier` (what is newer is shown from memory, what is older is read from the store), how much history and which idempotency keys a store keeps (options of `memoryStore` and `redisStore`), and `maxRevocations`.',
    '',
    'What waits instead of being refused: calls of a rule of `escalation` beyond its `concurrency`, in the store. `memoryStore` keeps `maxDueWork` of them, 100,000; beyond that `notify` rejects with `LIMIT_EXCEEDED` what would be escalated.',
    '',
    "The host's own server has limits that come before ours: `headersTimeout`, `requestTimeout`, `maxHeaderSize` and `maxConnections` of `node:http`. They end requests whose headers trickle; leave them on.",
    '',
  ].join('\n');
}

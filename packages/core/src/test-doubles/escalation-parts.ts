import { z } from 'zod';
import { defineCatalogue } from '../catalogue/catalogue.js';
import type {
  EscalationCall,
  EscalationOptions,
  EscalationRule,
} from '../escalation/escalation-options.js';
import type { Unescalated } from '../escalation/escalation-turn.js';
import { memoryStore } from '../memory/memory-store.js';
import { createNotifier } from '../notifier/notifier.js';
import type { NotifierOptions } from '../notifier/notifier-options.js';
import type { Store } from '../ports/store.js';
import { ObservedStore } from './observed-store.js';

const schemas = {
  'order.approved': z.strictObject({ orderId: z.string() }),
  message: z.strictObject({ text: z.string() }),
};
type Schemas = typeof schemas;

export const escalationCatalogue = defineCatalogue(schemas);

/** What is not told otherwise in a test. */
export interface EscalationTest extends Partial<Omit<EscalationOptions<Schemas>, 'rules'>> {
  readonly rule?: Partial<EscalationRule<Schemas>>;
  readonly otherRules?: readonly EscalationRule<Schemas>[];
  /** What the hook does; default: nothing. */
  readonly hook?: (call: EscalationCall) => unknown;
  readonly store?: Store;
  readonly notifier?: Partial<NotifierOptions<Schemas>>;
}

export const unseenAfterMs = 60_000;

/** A store that several notifiers use, each of which closes it. */
export class LastingStore extends ObservedStore {
  override async close(): Promise<void> {}
}

/** A started notifier on fake timers with one rule, `mail`, and what its hook was called with. */
export async function escalating(test: EscalationTest = {}) {
  const { rule, otherRules = [], hook, notifier: fields, ...others } = test;
  const { store = new ObservedStore(memoryStore()), ...rest } = others;
  const calls: EscalationCall[] = [];
  const seen = new Set<string>();
  const unescalated: Unescalated[] = [];
  const notifier = createNotifier({
    catalogue: escalationCatalogue,
    store,
    ...fields,
    escalation: {
      hasSeen: async (_userId, ids) => new Set(ids.filter((id) => seen.has(id))),
      ...rest,
      rules: [
        {
          name: 'mail',
          types: ['order.approved'],
          unseenAfterMs,
          to: (call) => {
            calls.push(call);
            return hook?.(call);
          },
          ...rule,
        },
        ...otherRules,
      ],
    },
  });
  notifier.on('unescalated', (each) => unescalated.push(each));
  await notifier.start();
  const approve = (userId: string, key?: string) =>
    notifier.notify({
      to: { user: userId },
      type: 'order.approved',
      data: { orderId: '7' },
      idempotencyKey: key,
    });
  return { notifier, store, calls, seen, unescalated, approve };
}

/** For `vi.useFakeTimers`: what waits for the next turn of the event loop gets it all the same. */
export function fakeClocks(now: number) {
  const timers = ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] as const;
  return { now, toFake: ['Date' as const, 'performance' as const, ...timers] };
}

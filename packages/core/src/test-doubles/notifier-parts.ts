import { z } from 'zod';
import { defineCatalogue } from '../catalogue/catalogue.js';
import { memoryStore } from '../memory/memory-store.js';
import type { AttachRequest } from '../notifier/attach.js';
import { createNotifier, type Notifier } from '../notifier/notifier.js';
import type { NotifierOptions } from '../notifier/notifier-options.js';
import { ObservedStore } from './observed-store.js';
import { RecordingBroker } from './recording-broker.js';
import { RecordingOutlet } from './recording-outlet.js';

const schemas = { message: z.strictObject({ n: z.number() }) };
type Schemas = typeof schemas;

export const testCatalogue = defineCatalogue(schemas);

/** A store that several notifiers share: none of them closes it for the others. */
export class SharedStore extends ObservedStore {
  override async close(): Promise<void> {}
}

export function testNotifier(fields: Partial<NotifierOptions<Schemas>> = {}) {
  const store = new ObservedStore(memoryStore());
  const broker = new RecordingBroker();
  const notifier = createNotifier({ catalogue: testCatalogue, store, broker, ...fields });
  return { notifier, store, broker };
}

/** Opens a stream as a transport would. */
export async function attached(
  notifier: Pick<Notifier, 'attach'>,
  fields: Partial<Omit<AttachRequest, 'outlet'>> & { readonly userId?: string | null } = {},
  outlet = new RecordingOutlet(),
) {
  const { userId = '1', ...request } = fields;
  const emitter = await notifier.attach({
    principal: { userId },
    groups: [],
    isGone: () => false,
    ...request,
    outlet,
  });
  if (emitter === undefined) throw new Error('the client was taken for gone');
  return { emitter, outlet };
}

import { expect, expectTypeOf, test } from 'vitest';
import { z } from 'zod';
import { defineCatalogue } from '../catalogue/catalogue.js';
import { memoryStore } from '../memory/memory-store.js';
import { createNotifier, type Notifier } from '../notifier/notifier.js';
import type { Inbox } from './inbox.js';

const catalogue = defineCatalogue({
  message: z.object({ text: z.string() }),
  'order.approved': z.object({ amount: z.string().transform(Number) }),
});

test('an item has the data of its type, as the catalogue says', async () => {
  const notifier = createNotifier({ catalogue, store: memoryStore(), inbox: {} });
  await notifier.start();
  const to = { user: 'u1' };
  await notifier.notify({ to, type: 'message', data: { text: 'hello' } });
  await notifier.notify({ to, type: 'order.approved', data: { amount: '7' } });
  const { items } = await notifier.inbox('u1').list();
  const lines = items.map(({ notification }) => {
    switch (notification.type) {
      case 'message':
        expectTypeOf(notification.data).toEqualTypeOf<{ text: string }>();
        return notification.data.text;
      case 'order.approved':
        expectTypeOf(notification.data).toEqualTypeOf<{ amount: number }>();
        return notification.data.amount;
      default:
        return expectTypeOf(notification).toBeNever();
    }
  });
  expect(lines).toEqual([7, 'hello']);
  await notifier.close();
});

test('what takes any notifier or inbox takes these, too', () => {
  const notifier = createNotifier({ catalogue, store: memoryStore(), inbox: {} });
  expectTypeOf(notifier).toExtend<Notifier>();
  expectTypeOf(notifier.inbox('u1')).toExtend<Inbox>();
  expectTypeOf<Inbox>().not.toExtend<ReturnType<typeof notifier.inbox>>();
});

import { expect, onTestFinished, test } from 'vitest';
import { testNotifier } from '../test-doubles/notifier-parts.js';

const invalid = { code: 'OPTIONS_INVALID' };

async function inboxWithOne() {
  const { notifier } = testNotifier({ inbox: {} });
  await notifier.start();
  onTestFinished(() => notifier.close());
  await notifier.notify({ to: { user: '1' }, type: 'message', data: { n: 1 } });
  return notifier.inbox('1');
}

test.each<[string, unknown]>([
  ['nothing', {}],
  ['ids alone', ['x']],
  ['`all` that is not true', { all: false }],
  ['a place that is not there', { upTo: undefined }],
  ['the end of the pages', { upTo: null }],
  ['ids that are not there', { ids: undefined }],
  ['ids that are no text', { ids: [1] }],
  ['two ways at once', { ids: ['x'], all: true }],
  ['too many ids', { ids: Array.from({ length: 101 }, (_, i) => `${i}`) }],
  ['undefined', undefined],
])('what names no notifications is not taken for all: %s', async (_, which) => {
  const inbox = await inboxWithOne();
  // @ts-expect-error an untyped host may hand in the body of a request
  await expect(inbox.remove(which)).rejects.toMatchObject(invalid);
  expect((await inbox.list()).items).toHaveLength(1);
});

test.each<[string, object]>([
  ['none', { limit: 0 }],
  ['too many', { limit: 101 }],
  ['a part', { limit: 1.5 }],
  ['an unknown name', { unraed: true }],
  ['a type that is no list', { types: 'message' }],
  ['what follows the last page', { before: null }],
  ['a flag of a query', { unread: '1' }],
])('a list of %s is refused', async (_, query) => {
  const inbox = await inboxWithOne();
  await expect(inbox.list(query)).rejects.toMatchObject(invalid);
});

test('places that are written wrong are refused', async () => {
  const inbox = await inboxWithOne();
  const wrong = { code: 'CURSOR_INVALID' };
  await expect(inbox.list({ before: 'x' })).rejects.toMatchObject(wrong);
  await expect(inbox.list({ after: 'x' })).rejects.toMatchObject(wrong);
  await expect(inbox.markRead({ upTo: 'x' })).rejects.toMatchObject(wrong);
});

test('only the name of a type is muted', async () => {
  const inbox = await inboxWithOne();
  const unknown = { code: 'TYPE_UNKNOWN' };
  await expect(inbox.mute('no type')).rejects.toMatchObject(unknown);
  // @ts-expect-error an untyped host may have none
  await expect(inbox.mute(undefined)).rejects.toMatchObject(unknown);
  expect((await inbox.list()).muted).toEqual([]);
});

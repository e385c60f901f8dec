import { expect, test, vi } from 'vitest';
import { TypedEvents } from './typed-events.js';

type Events = { opened: { readonly id: number }; closed: { readonly id: number } };

function parts() {
  const failed = vi.fn();
  return { failed, events: new TypedEvents<Events>(failed) };
}

test('listeners hear the events of their name, in order, until they are taken off', () => {
  const { events } = parts();
  const heard: string[] = [];
  const offOne = events.on('opened', ({ id }) => heard.push(`one ${id}`));
  events.on('opened', ({ id }) => heard.push(`two ${id}`));
  events.on('closed', ({ id }) => heard.push(`closed ${id}`));
  events.emit('opened', { id: 1 });
  offOne();
  offOne();
  events.emit('opened', { id: 2 });
  events.emit('closed', { id: 3 });
  expect(heard).toEqual(['one 1', 'two 1', 'two 2', 'closed 3']);
});

test('a listener that throws stops neither the others nor the caller', () => {
  const { events, failed } = parts();
  const error = new Error('host bug');
  const after = vi.fn();
  events.on('opened', () => {
    throw error;
  });
  events.on('opened', after);
  events.emit('opened', { id: 1 });
  expect(after).toHaveBeenCalledTimes(1);
  expect(failed.mock.calls).toEqual([[error, 'opened']]);
});

test('the same function may listen twice, and each listening is ended on its own', () => {
  const { events } = parts();
  const listener = vi.fn();
  const off = events.on('opened', listener);
  events.on('opened', listener);
  events.emit('opened', { id: 1 });
  off();
  events.emit('opened', { id: 2 });
  expect(listener).toHaveBeenCalledTimes(3);
});

test('once cleared nobody hears anything, and an event without listeners harms nobody', () => {
  const { events } = parts();
  const listener = vi.fn();
  events.on('opened', listener);
  events.clear();
  events.emit('opened', { id: 1 });
  expect(listener).not.toHaveBeenCalled();
});

test('a listener that rejects is no unhandled rejection', async () => {
  const { events, failed } = parts();
  const error = new Error('host bug');
  events.on('opened', async () => {
    throw error;
  });
  events.emit('opened', { id: 1 });
  await vi.waitFor(() => expect(failed.mock.calls).toEqual([[error, 'opened']]));
});

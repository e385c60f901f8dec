import { EventSource } from 'eventsource';
import { parseBye, parseNotification, parseReady } from './notification.js';
import { type Dial, StreamReader, type StreamReaderOptions } from './stream-reader.js';

const types = ['message', 'order.approved', 'system.notice'];

/** A plain EventSource with nothing of ours around it: it reconnects by itself, to the same address. */
export function eventSourceReader(options: StreamReaderOptions): StreamReader {
  return new StreamReader(dialEventSource, options);
}

const dialEventSource: Dial = ({ base, token, groups }, listener) => {
  const url = new URL('/notifications/stream', base);
  url.searchParams.set('token', token);
  for (const group of groups) url.searchParams.append('group', group);
  const source = new EventSource(url);
  let lastEventId = '';
  const on = (type: string, take: (value: unknown) => void): void => {
    source.addEventListener(type, (event) => {
      try {
        take(JSON.parse(String(event.data)));
      } catch (error) {
        listener.violation(error);
      }
      // Only the last event of a write moves the cursor.
      if (event.lastEventId === lastEventId) return;
      lastEventId = event.lastEventId;
      listener.cursor(lastEventId);
    });
  };
  on('ready', (value) => listener.ready(parseReady(value)));
  on('bye', (value) => listener.bye(parseBye(value)));
  for (const type of types) on(type, (value) => listener.notification(parseNotification(value)));
  source.onerror = ({ code, message }) => {
    if (source.readyState === source.CLOSED) listener.refused(`${code} ${message}`);
    else listener.interrupted();
  };
  return { destroy: () => source.close() };
};

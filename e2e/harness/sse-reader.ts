import { get, type IncomingMessage } from 'node:http';
import { createParser, type EventSourceMessage } from 'eventsource-parser';
import { parseBye, parseNotification, parseReady } from './notification.js';
import {
  type Dial,
  type LinkListener,
  StreamReader,
  type StreamReaderOptions,
} from './stream-reader.js';

/** A reader of event streams over bare `node:http`, resuming by `Last-Event-ID` like an EventSource. */
export function sseReader(options: StreamReaderOptions): StreamReader {
  return new StreamReader(dialSse, options);
}

const dialSse: Dial = ({ base, token, groups, cursor }, listener) => {
  const url = new URL('/notifications/stream', base);
  for (const group of groups) url.searchParams.append('group', group);
  const request = get(url, {
    agent: false,
    headers: {
      Accept: 'text/event-stream',
      Authorization: `Bearer ${token}`,
      ...(cursor === undefined ? {} : { 'Last-Event-ID': cursor }),
    },
  });
  request.on('response', (response) => readStream(response, listener));
  request.on('error', () => listener.closed());
  return { destroy: () => void request.destroy() };
};

function readStream(response: IncomingMessage, listener: LinkListener): void {
  response.setEncoding('utf8');
  response.on('error', () => listener.closed());
  response.on('close', () => listener.closed());
  if (response.statusCode !== 200) {
    refuse(response, listener);
    return;
  }
  // The parser tells an id before its event; the cursor counts once the event was taken.
  const parser = createParser({
    onRetry: (ms) => listener.retryAfter(ms),
    onEvent: (event) => {
      try {
        takeEvent(event, listener);
      } catch (error) {
        listener.violation(error);
      }
      if (event.id !== undefined) listener.cursor(event.id);
    },
    onError: (error) => listener.violation(error),
  });
  response.on('data', (text: string) => parser.feed(text));
}

function takeEvent({ event, data }: EventSourceMessage, listener: LinkListener): void {
  const value: unknown = JSON.parse(data);
  if (event === 'ready') listener.ready(parseReady(value));
  else if (event === 'bye') listener.bye(parseBye(value));
  else {
    const notification = parseNotification(value);
    if (notification.type !== event) {
      throw new Error(`the event is named ${event}, its notification ${notification.type}`);
    }
    listener.notification(notification);
  }
}

/** An EventSource never comes back from a status other than 200. */
function refuse(response: IncomingMessage, listener: LinkListener): void {
  let body = '';
  response.on('data', (text: string) => {
    body += text;
  });
  response.on('end', () => listener.refused(`${response.statusCode} ${body}`));
}

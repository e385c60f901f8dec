import http from 'node:http';
import type {
  ConnectRequest,
  ReadyMessage,
  Refusal,
  TransportClient,
} from '@realtime-notify/contract-kit';
import type { Notification } from '@realtime-notify/core';
import { createParser, type EventSourceMessage } from 'eventsource-parser';

const refusals: Readonly<Record<number, Refusal>> = {
  400: 'bad request',
  401: 'unauthenticated',
  403: 'forbidden',
};

/** Reads an event stream as it comes; the field parsing is a library's, not ours. */
export class SseClient implements TransportClient {
  readonly readies: ReadyMessage[] = [];
  readonly notifications: Notification[] = [];
  cursor: string | undefined;
  refusal: Refusal | undefined;
  bye: TransportClient['bye'];
  ended = false;
  readonly #request: http.ClientRequest;
  #response: http.IncomingMessage | undefined;

  constructor(port: number, { token, groups = [], cursor }: ConnectRequest) {
    const query = new URLSearchParams(groups.map((group) => ['group', group]));
    if (token !== undefined) query.set('token', token);
    const headers = cursor === undefined ? {} : { 'Last-Event-ID': cursor };
    this.#request = http.get(
      { port, path: `/stream?${query}`, headers, agent: false },
      (response) => this.#read(response),
    );
    this.#request.on('error', () => {
      this.ended = true;
    });
  }

  pause(): void {
    this.#response?.pause();
  }

  cut(): void {
    this.#request.destroy();
  }

  #read(response: http.IncomingMessage): void {
    this.#response = response;
    this.refusal = refusals[response.statusCode ?? 0];
    response.on('error', () => {});
    response.on('close', () => {
      this.ended = true;
    });
    const parser = createParser({ onEvent: (event) => this.#take(event) });
    response.setEncoding('utf8');
    response.on('data', (text: string) => {
      if (this.refusal === undefined) parser.feed(text);
    });
  }

  #take({ event, data, id }: EventSourceMessage): void {
    const message = JSON.parse(data);
    if (id !== undefined) this.cursor = id;
    if (event === 'ready') this.readies.push(message);
    else if (event === 'bye') this.bye = message;
    else this.notifications.push(message);
  }
}

import {
  type Broker,
  type BrokerSink,
  type BrokerStartOptions,
  type BrokerState,
  decodeEnvelope,
  type Envelope,
  encodeEnvelope,
  type Logger,
  NotifyError,
} from '@realtime-notify/core';
import { HubLink, hubAway, type Message } from './hub-link.js';

export interface HubBrokerOptions {
  readonly port: number;
  readonly logger: Logger;
}

/** A Broker over a hub on this machine. Promises B1 to B9. */
export class HubBroker implements Broker {
  readonly capabilities = Object.freeze({ remote: true, routing: 'interest' as const });
  readonly #options: HubBrokerOptions;
  readonly #wanted = new Set<string>();
  #sink: BrokerSink | undefined;
  #publishOnly = false;
  #link: HubLink | undefined;
  #state: BrokerState['state'] | undefined;
  #retry: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: HubBrokerOptions) {
    this.#options = options;
  }

  async start(sink: BrokerSink, { publishOnly = false }: BrokerStartOptions = {}): Promise<void> {
    if (this.#closed) throw closedError();
    this.#sink = sink;
    this.#publishOnly = publishOnly;
    await this.#connect(sink);
  }

  async publish(envelopes: readonly Envelope[]): Promise<void> {
    const messages = envelopes.map((each) => [each.channel, encodeEnvelope(each)] as const);
    await this.#up().ask({ op: 'publish', messages });
  }

  async subscribe(channels: readonly string[]): Promise<void> {
    if (this.#publishOnly) throw new NotifyError('PUBLISH_ONLY', 'this node receives nothing');
    for (const channel of channels) this.#wanted.add(channel);
    await this.#up().ask({ op: 'subscribe', channels });
  }

  async unsubscribe(channels: readonly string[]): Promise<void> {
    for (const channel of channels) this.#wanted.delete(channel);
    await this.#up().ask({ op: 'unsubscribe', channels });
  }

  async probe(): Promise<void> {
    await this.#up().ask({ op: 'ping' });
  }

  /** Answers come in order: when this ping has its answer, so has every publish before it. */
  async drain(): Promise<void> {
    await this.#link?.ask({ op: 'ping' }).catch(() => {});
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#retry);
    this.#link?.cut();
    await this.#link?.over;
  }

  async #connect(sink: BrokerSink): Promise<void> {
    const link = new HubLink(this.#options.port, (messages) => this.#receive(messages, sink));
    this.#link = link;
    void link.over.then(() => this.#lost(sink));
    try {
      await link.ask({ op: 'subscribe', channels: [...this.#wanted] });
    } catch {
      return; // The link is over, or will be: that is what makes the next attempt.
    }
    if (this.#state === 'down') sink.resync('the link to the hub was down');
    this.#report({ state: 'up' }, sink);
  }

  #lost(sink: BrokerSink): void {
    if (this.#closed) return;
    this.#link = undefined;
    this.#report({ state: 'down', error: hubAway() }, sink);
    this.#retry = setTimeout(() => void this.#connect(sink), 50 + Math.random() * 150);
  }

  /** A change of state is told once, however many attempts fail. */
  #report(state: BrokerState, sink: BrokerSink): void {
    if (this.#closed || this.#state === state.state) return;
    this.#state = state.state;
    sink.status(state);
  }

  #receive(messages: readonly Message[], sink: BrokerSink): void {
    const envelopes: Envelope[] = [];
    for (const [channel, text] of messages) {
      const envelope = decodeEnvelope(text);
      if (envelope?.channel === channel) envelopes.push(envelope);
      else this.#options.logger.warn({ channel }, 'what is no envelope was dropped');
    }
    if (envelopes.length > 0 && !this.#closed) sink.receive(envelopes);
  }

  #up(): HubLink {
    if (this.#closed) throw closedError();
    if (this.#sink === undefined) throw new NotifyError('NOT_STARTED', 'the broker is not started');
    if (this.#link === undefined) throw hubAway();
    return this.#link;
  }
}

function closedError(): NotifyError {
  return new NotifyError('CLOSED', 'the broker is closed');
}

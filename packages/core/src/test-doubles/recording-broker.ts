import { NotifyError } from '../errors/notify-error.js';
import type { Envelope } from '../notification/notification.js';
import type { Broker, BrokerCapabilities, BrokerSink } from '../ports/broker.js';

type Method = 'start' | 'publish' | 'subscribe' | 'unsubscribe' | 'probe' | 'drain' | 'close';

/** A broker that carries nothing by itself, remembers what it was told, and can be made to wait or fail. */
export class RecordingBroker implements Broker {
  readonly capabilities: BrokerCapabilities;
  readonly published: (readonly Envelope[])[] = [];
  /** Each call by name, subscriptions with their channels. */
  readonly calls: string[] = [];
  readonly before = new Map<Method, () => Promise<void>>();
  #sink: BrokerSink | undefined;

  constructor(capabilities: Partial<BrokerCapabilities> = {}) {
    this.capabilities = { remote: false, routing: 'interest', ...capabilities };
  }

  /** Where to play the other nodes. */
  get sink(): BrokerSink {
    if (this.#sink === undefined) throw new Error('the broker was not started');
    return this.#sink;
  }

  fail(...methods: readonly Method[]): void {
    for (const method of methods) {
      this.before.set(method, async () => {
        throw new NotifyError('BROKER_UNAVAILABLE', `no ${method} today`);
      });
    }
  }

  async start(sink: BrokerSink): Promise<void> {
    this.#sink = sink;
    await this.#called('start');
  }

  async publish(envelopes: readonly Envelope[]): Promise<void> {
    this.published.push(envelopes);
    await this.#called('publish');
  }

  subscribe(channels: readonly string[]): Promise<void> {
    return this.#called('subscribe', channels);
  }

  unsubscribe(channels: readonly string[]): Promise<void> {
    return this.#called('unsubscribe', channels);
  }

  probe(): Promise<void> {
    return this.#called('probe');
  }

  drain(): Promise<void> {
    return this.#called('drain');
  }

  close(): Promise<void> {
    return this.#called('close');
  }

  async #called(method: Method, channels: readonly string[] = []): Promise<void> {
    this.calls.push([method, ...channels].join(' '));
    await this.before.get(method)?.();
  }
}

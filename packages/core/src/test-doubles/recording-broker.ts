import { NotifyError } from '../errors/notify-error.js';
import type { Envelope } from '../notification/notification.js';
import type {
  Broker,
  BrokerCapabilities,
  BrokerSink,
  BrokerStartOptions,
  DirectedEnvelope,
} from '../ports/broker.js';

const controlChannel = 'control';

type Method =
  | 'start'
  | 'publish'
  | 'publishTo'
  | 'subscribe'
  | 'unsubscribe'
  | 'probe'
  | 'drain'
  | 'close';

/** A broker that carries nothing by itself, remembers what it was told, and can be made to wait or fail. */
export class RecordingBroker implements Broker {
  readonly capabilities: BrokerCapabilities;
  /** What nodes tell one another is kept apart: most tests are about notifications. */
  readonly control: Envelope[] = [];
  readonly published: (readonly Envelope[])[] = [];
  readonly directed: DirectedEnvelope[] = [];
  readonly publishTo?: (directed: readonly DirectedEnvelope[]) => Promise<void>;
  /** Each call by name, subscriptions with their channels. */
  readonly calls: string[] = [];
  readonly before = new Map<Method, () => Promise<void>>();
  startedWith: BrokerStartOptions | undefined;
  #sink: BrokerSink | undefined;

  constructor(capabilities: Partial<BrokerCapabilities> = {}) {
    this.capabilities = { remote: false, routing: 'interest', ...capabilities };
    if (capabilities.directed !== true) return;
    this.publishTo = async (directed) => {
      this.directed.push(...directed);
      await this.#called('publishTo');
    };
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

  async start(sink: BrokerSink, options?: BrokerStartOptions): Promise<void> {
    this.#sink = sink;
    this.startedWith = options;
    await this.#called('start');
  }

  async publish(envelopes: readonly Envelope[]): Promise<void> {
    this.control.push(...envelopes.filter(({ channel }) => channel === controlChannel));
    const notifications = envelopes.filter(({ channel }) => channel !== controlChannel);
    if (notifications.length === 0) return;
    this.published.push(notifications);
    await this.#called('publish');
  }

  async subscribe(channels: readonly string[]): Promise<void> {
    const followed = channels.filter((channel) => channel !== controlChannel);
    if (followed.length > 0) await this.#called('subscribe', followed);
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

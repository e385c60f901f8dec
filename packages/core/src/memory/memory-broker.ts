import { z } from 'zod';
import { NotifyError } from '../errors/notify-error.js';
import type { Envelope } from '../notification/notification.js';
import { resolveOptions } from '../options/resolve-options.js';
import type { Broker, BrokerSink, BrokerStartOptions } from '../ports/broker.js';
import { type BusNode, MemoryBus } from './memory-bus.js';

/** Options of {@link memoryBroker}. */
export interface MemoryBrokerOptions {
  /** Joins this broker with others of the same process. Default: it is alone. */
  readonly bus?: MemoryBus;
}

const optionsSchema = z.strictObject({ bus: z.instanceof(MemoryBus).optional() });

/**
 * A Broker for a single node, which needs none: there is nobody else to tell.
 * With a `bus` it carries envelopes to the other brokers on that bus, before `publish` resolves;
 * a node never receives what it published itself. It is `up` from `start` to `close`.
 * @throws NotifyError `OPTIONS_INVALID`
 */
export function memoryBroker(options: MemoryBrokerOptions = {}): Broker {
  const { bus } = resolveOptions(optionsSchema, options, 'memoryBroker');
  return new MemoryBroker(bus ?? new MemoryBus());
}

class MemoryBroker implements Broker {
  readonly capabilities = Object.freeze({ remote: false, routing: 'interest' as const });
  readonly #bus: MemoryBus;
  readonly #channels = new Set<string>();
  #node: BusNode | undefined;
  #publishOnly = false;
  #closed = false;

  constructor(bus: MemoryBus) {
    this.#bus = bus;
  }

  async start(sink: BrokerSink, { publishOnly = false }: BrokerStartOptions = {}): Promise<void> {
    if (this.#closed) throw closedError();
    this.#publishOnly = publishOnly;
    this.#node = { sink, channels: this.#channels };
    if (!publishOnly) this.#bus.join(this.#node);
    sink.status({ state: 'up' });
  }

  async publish(envelopes: readonly Envelope[]): Promise<void> {
    this.#bus.carry(envelopes, this.#started());
  }

  async subscribe(channels: readonly string[]): Promise<void> {
    this.#started();
    if (this.#publishOnly) {
      throw new NotifyError('PUBLISH_ONLY', 'the memory broker was started to publish only');
    }
    for (const channel of channels) this.#channels.add(channel);
  }

  async unsubscribe(channels: readonly string[]): Promise<void> {
    this.#started();
    for (const channel of channels) this.#channels.delete(channel);
  }

  async probe(): Promise<void> {
    this.#started();
  }

  async drain(): Promise<void> {}

  async close(): Promise<void> {
    this.#closed = true;
    if (this.#node !== undefined) this.#bus.leave(this.#node);
    this.#channels.clear();
  }

  #started(): BusNode {
    if (this.#closed) throw closedError();
    if (this.#node === undefined) throw new NotifyError('NOT_STARTED', 'the broker is not started');
    return this.#node;
  }
}

function closedError(): NotifyError {
  return new NotifyError('CLOSED', 'the memory broker is closed');
}

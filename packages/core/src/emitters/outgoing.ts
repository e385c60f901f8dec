import type { Envelope } from '../notification/notification.js';

/** How a transport writes notifications. One constant per wire format. */
export interface Encoding {
  /** The bytes of one notification, without anything that differs between receivers. */
  encode(envelope: Envelope): Buffer;
  /** Stands between two notifications that leave in one write; empty where frames need none. */
  readonly separator: Buffer;
}

/** A notification on its way to the emitters of this node; its bytes are made once per encoding. */
export class Outgoing {
  readonly envelope: Envelope;
  readonly #bytes = new Map<Encoding, Buffer>();

  constructor(envelope: Envelope) {
    this.envelope = envelope;
  }

  bytes(encoding: Encoding): Buffer {
    let bytes = this.#bytes.get(encoding);
    if (bytes === undefined) {
      bytes = encoding.encode(this.envelope);
      this.#bytes.set(encoding, bytes);
    }
    return bytes;
  }
}

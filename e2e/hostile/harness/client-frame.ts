/** How a client frame differs from a whole, masked text frame. */
export interface FrameFault {
  readonly opcode?: number;
  readonly final?: boolean;
  readonly masked?: boolean;
  /** RSV1 to RSV3 as the bits 0x40, 0x20, 0x10. */
  readonly reserved?: number;
  /** What the header says, in 64 bits, instead of the payload's own length. */
  readonly claimedLength?: bigint;
}

export const opcodes = { more: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** The bytes of one frame, right or wrong (RFC 6455, 5.2). Pure. */
export function clientFrame(payload: string | Uint8Array, fault: FrameFault = {}): Buffer {
  const { opcode = opcodes.text, final = true, masked = true, reserved = 0 } = fault;
  const body = Buffer.from(payload);
  const length = fault.claimedLength ?? BigInt(body.length);
  const first = (final ? 0x80 : 0) | reserved | opcode;
  const mask = masked ? [0x11, 0x22, 0x33, 0x44] : [];
  const bytes = body.map((byte, index) => byte ^ (mask[index % 4] ?? 0));
  const header = Buffer.concat([Buffer.from([first]), lengthBytes(length, masked, fault)]);
  return Buffer.concat([header, Buffer.from(mask), bytes]);
}

function lengthBytes(length: bigint, masked: boolean, { claimedLength }: FrameFault): Buffer {
  const bit = masked ? 0x80 : 0;
  if (claimedLength === undefined && length <= 125n) return Buffer.from([bit | Number(length)]);
  if (claimedLength === undefined && length <= 0xffffn) {
    const bytes = Buffer.from([bit | 126, 0, 0]);
    bytes.writeUInt16BE(Number(length), 1);
    return bytes;
  }
  const bytes = Buffer.alloc(9);
  bytes[0] = bit | 127;
  bytes.writeBigUInt64BE(length, 1);
  return bytes;
}

/** One frame of a server. */
export interface ServerFrame {
  readonly opcode: number;
  readonly payload: Buffer;
}

/**
 * The frames in what a server sent, one character per byte; a handshake before them is passed over, and
 * a last one that is not whole left out. Pure.
 */
export function readFrames(text: string): readonly ServerFrame[] {
  const start = text.startsWith('HTTP/1.1 101 ') ? text.indexOf('\r\n\r\n') + 4 : 0;
  let rest = Buffer.from(text.slice(start), 'latin1');
  const frames: ServerFrame[] = [];
  for (;;) {
    const headerBytes = headerBytesOf(rest);
    if (rest.length < headerBytes) return frames;
    const size = headerBytes + payloadBytesOf(rest, headerBytes);
    if (rest.length < size) return frames;
    frames.push({ opcode: (rest[0] ?? 0) & 0x0f, payload: rest.subarray(headerBytes, size) });
    rest = rest.subarray(size);
  }
}

function headerBytesOf([, length = 0]: Buffer): number {
  if (length < 126) return 2;
  return length === 126 ? 4 : 10;
}

function payloadBytesOf(frame: Buffer, headerBytes: number): number {
  if (headerBytes === 2) return frame[1] ?? 0;
  return headerBytes === 4 ? frame.readUInt16BE(2) : Number(frame.readBigUInt64BE(2));
}

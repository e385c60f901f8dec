const finalTextFrame = 0x81;
const maxShortBytes = 125;
const maxMediumBytes = 0xffff;

/**
 * One unmasked, unfragmented text frame as a server sends it (RFC 6455, 5.2), so that a message is framed
 * once for all its receivers. Pure.
 */
export function textFrame(text: string): Buffer {
  const payloadBytes = Buffer.byteLength(text);
  const headerBytes = payloadBytes <= maxShortBytes ? 2 : payloadBytes <= maxMediumBytes ? 4 : 10;
  const frame = Buffer.allocUnsafe(headerBytes + payloadBytes);
  frame[0] = finalTextFrame;
  if (headerBytes === 2) {
    frame[1] = payloadBytes;
  } else if (headerBytes === 4) {
    frame[1] = 126;
    frame.writeUInt16BE(payloadBytes, 2);
  } else {
    frame[1] = 127;
    frame.writeBigUInt64BE(BigInt(payloadBytes), 2);
  }
  frame.write(text, headerBytes, 'utf8');
  return frame;
}

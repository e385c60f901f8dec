/** Slots of a Cluster. */
export const slotCount = 16_384;

/** The slot of a key or shard channel: of its hash tag, where it has one. */
export function slotOf(key: string): number {
  return crc16(Buffer.from(hashTagOf(key))) % slotCount;
}

/** What stands between the first `{` and the next `}`; the whole key where that is nothing. */
function hashTagOf(key: string): string {
  const start = key.indexOf('{');
  const end = start < 0 ? -1 : key.indexOf('}', start + 1);
  return end <= start + 1 ? key : key.slice(start + 1, end);
}

const polynomial = 0x10_21;

const remainders = Uint16Array.from({ length: 256 }, (_, byte) => {
  let rest = byte << 8;
  for (let bit = 0; bit < 8; bit += 1) {
    rest = (rest & 0x80_00) === 0 ? rest << 1 : (rest << 1) ^ polynomial;
  }
  return rest;
});

/** CRC-16/XMODEM, as the Cluster specification asks for. */
function crc16(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes) {
    crc = ((crc << 8) ^ (remainders[((crc >> 8) ^ byte) & 0xff] ?? 0)) & 0xff_ff;
  }
  return crc;
}

import kafkajs, { CompressionTypes } from 'kafkajs';

const magic = 0xfd2fb528;
/** A single segment, its size in four bytes. */
const descriptor = 0xa0;
const maxBlock = 131_072;

/**
 * Lets this process produce with zstd, which kafkajs cannot read or write by itself: frames of blocks that
 * are not compressed. Reading stays impossible.
 */
export function registerRawZstd(): void {
  kafkajs.CompressionCodecs[CompressionTypes.ZSTD] = () => ({
    compress: async ({ buffer }: { buffer: Buffer }) => rawZstd(buffer),
    decompress: async () => {
      throw new Error('this process cannot read zstd');
    },
  });
}

function rawZstd(bytes: Buffer): Buffer<ArrayBuffer> {
  const head = Buffer.alloc(9);
  head.writeUInt32LE(magic, 0);
  head.writeUInt8(descriptor, 4);
  head.writeUInt32LE(bytes.length, 5);
  const parts: Buffer[] = [head];
  for (let at = 0; at < bytes.length; at += maxBlock) {
    const block = bytes.subarray(at, at + maxBlock);
    const isLast = at + maxBlock >= bytes.length;
    const header = Buffer.alloc(3);
    header.writeUIntLE((block.length << 3) | (isLast ? 1 : 0), 0, 3);
    parts.push(header, block);
  }
  return Buffer.concat(parts);
}

import { eventually } from '@realtime-notify/contract-kit';
import { expect } from 'vitest';
import { opcodes } from './client-frame.js';
import type { HostileServer } from './hostile-server.js';
import type { RawClient } from './raw-client.js';
import { upgradeRequest } from './requests.js';
import { readFrames } from './server-frames.js';

/** A WebSocket whose bytes are written by hand, past the handshake. */
export interface OpenWebSocket {
  write(bytes: Uint8Array): void;
  /** All that came, handshake too. */
  readonly text: string;
  readonly client: RawClient;
  /** Resolves with the code of the server's close frame, when the server has ended the connection. */
  closeCode(): Promise<number | undefined>;
}

/** @param query - with a token: resolves when the stream is open */
export async function openWebSocket(server: HostileServer, query = ''): Promise<OpenWebSocket> {
  const client = await server.raw();
  client.write(upgradeRequest(query));
  await client.sees(' 101 ');
  if (query.includes('token=')) await client.sees('"t":"ready"');
  return {
    write: (bytes) => client.write(bytes),
    get text() {
      return client.text;
    },
    client,
    async closeCode() {
      await eventually(() => expect(codeIn(client.text) ?? client.ended).toBeTruthy());
      client.cut();
      return codeIn(client.text);
    },
  };
}

/** Of the close frame with a code, if one came. */
function codeIn(text: string): number | undefined {
  const close = readFrames(text).find(({ opcode }) => opcode === opcodes.close);
  return close !== undefined && close.payload.length >= 2
    ? close.payload.readUInt16BE(0)
    : undefined;
}

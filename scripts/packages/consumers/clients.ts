// Both clients of a throw-away application: what it sends to u1 must reach an SSE and a WebSocket client.
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SignJWT } from 'jose';
import { WebSocket } from 'ws';

export const secret = 'a secret of at least thirty-two bytes';

/** Listens, connects both clients as u1, has `notify` send a text, prints `received` when both have it. */
export async function receiveOne(
  server: Server,
  notify: (text: string) => Promise<unknown>,
): Promise<void> {
  if (!server.listening) await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const token = await new SignJWT({})
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject('u1')
    .setExpirationTime('1m')
    .sign(Buffer.from(secret));
  const address = `127.0.0.1:${port}/notifications`;
  const text = `sent at ${Date.now()}`;
  const streams = [
    await sseUntil(`http://${address}/stream?token=${token}`, text),
    await webSocketUntil(`ws://${address}/ws?token=${token}`, text),
  ];
  await notify(text);
  await Promise.all(streams.map(({ received }) => received));
  console.log('received');
}

/** Resolves when the stream has begun; `received` when the text has come. */
async function sseUntil(url: string, text: string): Promise<{ received: Promise<void> }> {
  const response = await fetch(url);
  if (response.body === null || !response.ok) throw new Error(`SSE answered ${response.status}`);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let seen = '';
  const until = async (expected: string): Promise<void> => {
    while (!seen.includes(expected)) {
      const { done, value } = await reader.read();
      if (done) throw new Error(`the SSE stream ended after: ${seen}`);
      seen += value;
    }
  };
  await until('event: ready');
  return { received: until(text).then(() => reader.cancel()) };
}

/** As above, for a WebSocket. */
async function webSocketUntil(url: string, text: string): Promise<{ received: Promise<void> }> {
  const socket = new WebSocket(url, 'realtime-notify.v1');
  const until = (expected: string): Promise<void> =>
    new Promise((resolve, reject) => {
      socket.on('message', (data) => {
        if (String(data).includes(expected)) resolve();
      });
      socket.on('close', (code) => reject(new Error(`the WebSocket was closed: ${code}`)));
      socket.on('error', reject);
    });
  await until('"t":"ready"');
  return { received: until(text).then(() => socket.close()) };
}

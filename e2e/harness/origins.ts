import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SignJWT } from 'jose';
import { catalogue } from '../../examples/shared/src/catalogue.js';
import { jwtAuthenticator } from '../../packages/auth-jwt/src/index.js';
import { createNotifier } from '../../packages/core/src/index.js';
import { nodeMount } from '../../packages/use/src/node.js';

const secret = crypto.getRandomValues(new Uint8Array(32));

/** A server of ours, and pages of other origins on the same host, to which browsers send its cookies too. */
export interface Origins {
  /** Ours; it also serves an empty page. */
  readonly own: string;
  /** A page's origin that our server allows. */
  readonly listed: string;
  readonly foreign: string;
  tokenOf(user: string): Promise<string>;
  notify(user: string, text: string): Promise<unknown>;
  /** The texts that were ever published to a user. */
  textsOf(user: string): Promise<readonly string[]>;
  close(): Promise<void>;
}

export async function openOrigins(): Promise<Origins> {
  const emptyPage: RequestListener = (_request, response) => {
    response.setHeader('Content-Type', 'text/html');
    response.end('<!doctype html><title>empty</title>');
  };
  const foreign = await listening(emptyPage);
  const listed = await listening(emptyPage);
  const notifier = createNotifier({
    catalogue,
    drainWindowMs: 0,
  });
  await notifier.start();
  const own = await listening((request, response) => {
    if (!mounted(request, response)) emptyPage(request, response);
  });
  const mounted = nodeMount(notifier, own.server, {
    access: { authenticate: jwtAuthenticator({ secret }), allowedOrigins: [listed.origin] },
    publish: { authorizePublish: ({ headers }) => headers.cookie?.includes('token=') ?? false },
  });
  return {
    own: own.origin,
    listed: listed.origin,
    foreign: foreign.origin,
    tokenOf: (user) =>
      new SignJWT()
        .setProtectedHeader({ alg: 'HS256' })
        .setSubject(user)
        .setExpirationTime('1h')
        .sign(secret),
    notify: (user, text) => notifier.notify({ to: { user }, type: 'message', data: { text } }),
    async textsOf(user) {
      const request = { principal: { userId: user }, groups: [], limit: 100 };
      const { items } = await notifier.history(request);
      return items.map((item) => String(JSON.parse(item).data.text));
    },
    async close() {
      await notifier.close();
      for (const { server } of [own, listed, foreign]) {
        server.closeAllConnections();
        server.close();
      }
    },
  };
}

async function listening(listener: RequestListener) {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

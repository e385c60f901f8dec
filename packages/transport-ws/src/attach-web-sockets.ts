import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import {
  Access,
  type AuthenticationRequest,
  type CatalogueSchemas,
  type Notifier,
  NotifyError,
  Rota,
  resolveOptions,
  silentLogger,
} from '@realtime-notify/core';
import type { Opening } from './rn-v1/rn-v1-session.js';
import { RnV1Session } from './rn-v1/rn-v1-session.js';
import { listenForUpgrades, refuseUpgrade } from './upgrade-listener.js';
import { WsAcceptor, type WsConnection } from './ws-driver.js';
import { type WsOptions, wsOptionsSchema } from './ws-options.js';

/** The WebSocket subprotocol that we speak; see PROTOCOL.md. */
export const subprotocol = 'realtime-notify.v1';

/**
 * Serves WebSocket streams on the host's own server, under one path; everything else on that server is
 * left alone. A request whose credential is bad is refused with 401 or 403 before the upgrade; one
 * without a credential may bring it in its hello. Stops listening when the notifier closes.
 * @returns a function that stops listening before that
 * @throws NotifyError `OPTIONS_INVALID` or `AUTHENTICATION_MISSING`
 */
export function attachWebSockets<Schemas extends CatalogueSchemas>(
  notifier: Notifier<Schemas>,
  server: Server,
  options: WsOptions,
): () => void {
  const { authenticate, authorize, anonymous, logger = silentLogger, ...rest } = options;
  const access = new Access({ authenticate, authorize, anonymous });
  const limits = resolveOptions(wsOptionsSchema, rest, 'attachWebSockets');
  const acceptor = new WsAcceptor({ protocol: subprotocol, ...limits });
  const context = { notifier, access, logger, ...limits };
  const liveness = new Rota<WsConnection>(limits.heartbeatMs, (connection) => {
    if (!connection.checkAlive()) connection.terminate();
  });
  const hellos = new Rota<{ session: RnV1Session<Schemas>; since: number }>(
    limits.helloTimeoutMs / 4,
    ({ session, since }) => {
      if (session.awaitsHello && Date.now() - since >= limits.helloTimeoutMs) {
        session.refuse('HELLO_TIMEOUT', 'no hello came');
      }
    },
  );

  const serve = (
    connection: WsConnection,
    request: AuthenticationRequest,
    opening: Opening | undefined,
  ): void => {
    const session = new RnV1Session(connection, request, context);
    const offLiveness = liveness.add(connection);
    const offHellos =
      opening === undefined ? hellos.add({ session, since: Date.now() }) : undefined;
    connection.listen({
      message: (text) => {
        session.message(text);
        if (!session.awaitsHello) offHellos?.();
      },
      binary: () => session.refuse('UNSUPPORTED_DATA', 'frames are text'),
      gone: () => {
        offLiveness();
        offHellos?.();
        session.gone();
      },
    });
    if (opening !== undefined) session.open(opening);
  };

  const take = async (message: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> => {
    const request = { headers: message.headers, query: queryOf(message.url ?? '') };
    const groups = [...new Set(request.query.getAll('group'))];
    if (groups.length > limits.maxGroups) {
      throw new NotifyError(
        'LIMIT_EXCEEDED',
        `at most ${limits.maxGroups} groups may be asked for`,
      );
    }
    const principal = await access.identify(request);
    if (principal !== null) await access.authorizeAll(principal, groups);
    if (socket.destroyed) return;
    const cursor = request.query.get('cursor') ?? undefined;
    const opening = principal === null ? undefined : { principal, groups, cursor };
    acceptor.accept(message, socket, head, (connection) => serve(connection, request, opening));
  };

  const stop = listenForUpgrades(server, limits.path, (message, socket, head) => {
    const broken = (): void => {
      socket.destroy();
    };
    socket.on('error', broken);
    take(message, socket, head)
      .catch((error: unknown) => {
        const { status, phrase } = refusalOf(error);
        if (status === 503) logger.warn({ err: error }, 'an upgrade could not be answered now');
        const body = NotifyError.is(error)
          ? { code: error.code, message: error.message }
          : { code: 'UNAVAILABLE', message: 'try again later' };
        refuseUpgrade(socket, status, phrase, body);
      })
      .finally(() => socket.off('error', broken));
  });
  void notifier.closed.then(() => {
    stop();
    liveness.close();
    hellos.close();
  });
  return stop;
}

function queryOf(url: string): URLSearchParams {
  const start = url.indexOf('?');
  return new URLSearchParams(start < 0 ? '' : url.slice(start + 1));
}

function refusalOf(error: unknown): { readonly status: number; readonly phrase: string } {
  const code = NotifyError.is(error) ? error.code : undefined;
  if (code === 'UNAUTHENTICATED') return { status: 401, phrase: 'Unauthorized' };
  if (code === 'FORBIDDEN') return { status: 403, phrase: 'Forbidden' };
  if (code === 'LIMIT_EXCEEDED' || code === 'CHANNEL_INVALID') {
    return { status: 400, phrase: 'Bad Request' };
  }
  return { status: 503, phrase: 'Service Unavailable' };
}

import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import {
  Access,
  type AuthenticationRequest,
  type CatalogueSchemas,
  calmLogger,
  type Logger,
  type Notifier,
  NotifyError,
  type Place,
  queryOf,
  Revalidation,
  Rota,
  resolveOptions,
  silentLogger,
} from '@realtime-notify/core';
import type { z } from 'zod';
import { type Opening, type RnV1Context, RnV1Session } from './rn-v1/rn-v1-session.js';
import { ServedConnection, type ServedContext } from './served-connection.js';
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
  const { logger: given = silentLogger, clientIp = addressOf, ...others } = options;
  const logger = calmLogger(given);
  const { authenticate, authorize, anonymous, allowedOrigins, revalidate, ...rest } = others;
  const access = new Access({ authenticate, authorize, anonymous, allowedOrigins, revalidate });
  const settings = resolveOptions(wsOptionsSchema, rest, 'attachWebSockets');
  const endpoint = new WsEndpoint({ notifier, access, logger, clientIp, ...settings });
  const stop = listenForUpgrades(server, settings.path, (message, socket, head) =>
    endpoint.take(message, socket, head),
  );
  void notifier.closed.then(() => {
    stop();
    endpoint.close();
  });
  return stop;
}

type EndpointContext<Schemas extends CatalogueSchemas> = Omit<
  RnV1Context<Schemas>,
  'revalidation'
> &
  z.output<typeof wsOptionsSchema> & {
    readonly clientIp: (request: IncomingMessage) => string;
  };

/** One path's connections, from the upgrade request to the session that speaks on each. */
class WsEndpoint<Schemas extends CatalogueSchemas> {
  readonly #context: EndpointContext<Schemas> & RnV1Context<Schemas>;
  readonly #logger: Logger;
  readonly #acceptor: WsAcceptor;
  readonly #served: ServedContext<Schemas>;

  constructor(context: EndpointContext<Schemas>) {
    const { notifier, access, logger, heartbeatMs, helloTimeoutMs, revalidateMs } = context;
    const revalidation = new Revalidation(access, notifier, revalidateMs, logger);
    this.#context = { ...context, revalidation };
    this.#logger = context.logger;
    this.#acceptor = new WsAcceptor({ protocol: subprotocol, ...context });
    const liveness = new Rota<WsConnection>(heartbeatMs, (connection) => {
      if (connection.checkAlive()) return;
      notifier.limits.count('stalled');
      connection.terminate();
    });
    const hellos = new Rota<ServedConnection<Schemas>>(helloTimeoutMs / 4, (served) => {
      if (served.session.awaitsHello && performance.now() - served.since >= helloTimeoutMs) {
        notifier.limits.count('helloTime');
        served.session.refuse('HELLO_TIMEOUT', 'no hello came');
      }
    });
    this.#served = { ...context, liveness, hellos };
  }

  /** Answers an upgrade request. Never throws and never rejects. */
  take(message: IncomingMessage, socket: Duplex, head: Buffer): void {
    // Until `ws` has the socket, nobody else listens for its error.
    const broken = (): void => {
      socket.destroy();
    };
    socket.on('error', broken);
    this.#admit(message, socket, head)
      .catch((error: unknown) => this.#refuse(socket, error))
      .finally(() => socket.off('error', broken));
  }

  close(): void {
    this.#served.liveness.close();
    this.#served.hellos.close();
  }

  async #admit(message: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const { notifier, access, maxGroups, clientIp } = this.#context;
    const place = notifier.connections.enter(clientIp(message));
    const left = (): void => notifier.connections.leave(place);
    if (socket.destroyed) left();
    else socket.once('close', left);
    const admittedAt = Date.now();
    const request = { headers: message.headers, query: queryOf(message.url), incoming: message };
    const groups = [...new Set(request.query.getAll('group'))];
    if (groups.length > maxGroups) {
      throw notifier.limits.exceeded(
        'groupsPerRequest',
        `at most ${maxGroups} groups may be asked for`,
      );
    }
    const principal = await access.identify(request);
    if (principal !== null) await access.authorizeAll(principal, groups);
    if (socket.destroyed) return;
    const cursor = request.query.get('cursor') ?? undefined;
    const opening = principal === null ? undefined : { principal, admittedAt, groups, cursor };
    this.#acceptor.accept(message, socket, head, (connection) => {
      socket.off('close', left);
      this.#serve(connection, place, request, opening);
    });
  }

  #serve(
    connection: WsConnection,
    place: Place,
    request: AuthenticationRequest,
    opening: Opening | undefined,
  ): void {
    const session = new RnV1Session(connection, request, this.#context);
    const served = new ServedConnection(connection, session, place, this.#served);
    connection.listen(served);
    this.#served.liveness.add(connection);
    if (opening === undefined) this.#served.hellos.add(served);
    if (opening !== undefined) session.open(opening);
  }

  #refuse(socket: Duplex, error: unknown): void {
    const { status, phrase } = refusalOf(error);
    // Too many clients must not become too many lines.
    const isExpected = NotifyError.is(error) && error.code === 'OVERLOADED';
    if (status === 503 && !isExpected) {
      this.#logger.warn({ err: error }, 'an upgrade could not be answered now');
    }
    const body = NotifyError.is(error) ? error : unavailable;
    refuseUpgrade(socket, status, phrase, body);
  }
}

const unavailable = { code: 'UNAVAILABLE', message: 'try again later' };

function addressOf(request: IncomingMessage): string {
  return request.socket.remoteAddress ?? '';
}

function refusalOf(error: unknown): { readonly status: number; readonly phrase: string } {
  const code = NotifyError.is(error) ? error.code : undefined;
  if (code === 'UNAUTHENTICATED') return { status: 401, phrase: 'Unauthorized' };
  if (code === 'FORBIDDEN' || code === 'ORIGIN_FORBIDDEN')
    return { status: 403, phrase: 'Forbidden' };
  if (code === 'CHANNEL_INVALID') return { status: 400, phrase: 'Bad Request' };
  if (code === 'LIMIT_EXCEEDED') return { status: 429, phrase: 'Too Many Requests' };
  return { status: 503, phrase: 'Service Unavailable' };
}

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { HttpServer } from '@nestjs/common';
import type { Mount } from '@realtime-notify/use';
import type { Exchange } from './exchange.js';

/** Told of each request of ours, before it is handled. */
type Remember = (incoming: IncomingMessage, exchange: Exchange) => void;

/** Lets our routes be reached through the platform. */
export function mountOnPlatform(adapter: HttpServer, mount: Mount, remember: Remember): void {
  if (adapter.getType() === 'fastify') mountOnFastify(adapter, mount, remember);
  else mountOnExpress(adapter, mount, remember);
}

type ExpressRequest = IncomingMessage & { readonly originalUrl?: string };

function mountOnExpress(adapter: HttpServer, mount: Mount, remember: Remember): void {
  adapter.use((request: ExpressRequest, response: ServerResponse, next: () => void) => {
    const handler = mount.find(request.originalUrl ?? request.url);
    if (handler === undefined) {
      next();
      return;
    }
    remember(request, { request, response });
    void handler(request, response);
  });
}

/** What we use of Fastify's instance, request and reply. */
interface Fastify {
  all(
    url: string,
    options: { onRequest(request: FastifyRequest, reply: FastifyReply, done: () => void): void },
    handler: () => void,
  ): unknown;
}
interface FastifyRequest {
  readonly raw: IncomingMessage;
}
interface FastifyReply {
  readonly raw: ServerResponse;
  getHeaders(): Readonly<Record<string, number | string | string[] | undefined>>;
  hijack(): unknown;
}

/**
 * Routes, so that every hook of the application has run before, also those of plugins that load late; but
 * taken in a hook, before Fastify reads the body.
 */
function mountOnFastify(adapter: HttpServer, mount: Mount, remember: Remember): void {
  const fastify: Fastify = adapter.getInstance();
  const { ignoreTrailingSlash } = adapter.getRouteMatchingOptions?.() ?? {};
  for (const [path, handler] of mount.routes) {
    const onRequest = (request: FastifyRequest, reply: FastifyReply): void => {
      reply.hijack();
      for (const [name, value] of Object.entries(reply.getHeaders())) {
        if (value !== undefined) reply.raw.setHeader(name, value);
      }
      remember(request.raw, { request, response: reply });
      void handler(request.raw, reply.raw);
    };
    for (const url of ignoreTrailingSlash === true ? [path] : [path, `${path}/`]) {
      fastify.all(url, { onRequest }, () => undefined);
    }
  }
}

import 'reflect-metadata';
import type { IncomingMessage, ServerResponse } from 'node:http';
import fastifyCompress from '@fastify/compress';
import { Body, Controller, Get, HttpCode, type INestApplication, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { RealtimeNotifyModule } from '@realtime-notify/nest';
import compression from 'compression';
import { appOrigin } from '../notifier.js';
import { addHostSocket, baseOf, type Host, type HostSetup, helloBody, hostHeader } from './host.js';

class AppModule {}

class HostController {
  hello() {
    return helloBody;
  }

  echo(body: unknown) {
    return body;
  }
}

// Decorators as the calls that they are: the test runner compiles none with parameters.
Controller()(HostController);
const { prototype } = HostController;
const method = (name: keyof HostController) =>
  Object.getOwnPropertyDescriptor(prototype, name) as TypedPropertyDescriptor<unknown>;
Get('hello')(prototype, 'hello', method('hello'));
Post('echo')(prototype, 'echo', method('echo'));
HttpCode(200)(prototype, 'echo', method('echo'));
Body()(prototype, 'echo', 0);

const moduleOf = ({ notifier, mounts }: HostSetup) => ({
  module: AppModule,
  imports: mounts.map((options) => RealtimeNotifyModule.forRoot({ notifier, ...options })),
  controllers: [HostController],
});

const options = { logger: ['error', 'fatal'] } satisfies Parameters<typeof NestFactory.create>[2];

async function run(app: INestApplication) {
  app.enableCors({ origin: appOrigin, credentials: true });
  addHostSocket(app.getHttpServer());
  await app.listen(0, '127.0.0.1');
  const server = app.getHttpServer();
  return { base: baseOf(server), server, close: () => app.close() };
}

const notFound = { statusCode: 404, message: 'Cannot GET /notifications/nothing' };

export const nestOnExpress: Host = {
  name: 'Nest on Express',
  notFound,
  async start(setup) {
    const app = await NestFactory.create(moduleOf(setup), new ExpressAdapter(), options);
    app.use(compression({ threshold: 0 }));
    app.use((_request: IncomingMessage, response: ServerResponse, next: () => void) => {
      response.setHeader(...hostHeader);
      next();
    });
    return run(app);
  },
};

export const nestOnFastify: Host = {
  name: 'Nest on Fastify',
  notFound,
  async start(setup) {
    const adapter = new FastifyAdapter();
    const app = await NestFactory.create<NestFastifyApplication>(moduleOf(setup), adapter, options);
    await app.register(fastifyCompress, { threshold: 0 });
    // Fastify keeps such headers on the reply, off the response below it.
    adapter.getInstance().addHook('onRequest', (_request, reply, done) => {
      reply.header(...hostHeader);
      done();
    });
    return run(app);
  },
};

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { INestApplication, NestApplicationOptions } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { type ExampleApp, type ExampleContext, servePage } from '@realtime-notify/example-shared';
import { appModule } from './app-module.js';
import { JsonErrors } from './json-errors.js';

const maxBodyBytes = 128 * 1024;

/** The demonstration on Nest, on Express or Fastify as `PLATFORM` says. */
export async function makeApp(context: ExampleContext): Promise<ExampleApp> {
  const app = await createOn(process.env.PLATFORM || 'express', context);
  app.useGlobalFilters(new JsonErrors(app.getHttpAdapter(), context.logger));
  const page = servePage();
  app.use((request: IncomingMessage, response: ServerResponse, next: () => void) => {
    if (!page(request, response)) next();
  });
  return {
    async listen(port, host = '127.0.0.1') {
      await app.listen(port, host);
      return Number(new URL(await app.getUrl()).port);
    },
    close: () => app.close(),
  };
}

async function createOn(platform: string, context: ExampleContext): Promise<INestApplication> {
  const module = appModule(context);
  // Whoever does not take an answer is cut when the application closes.
  const options: NestApplicationOptions = {
    logger: ['error', 'fatal'],
    forceCloseConnections: true,
    abortOnError: false,
  };
  switch (platform) {
    case 'express': {
      const app = await NestFactory.create<NestExpressApplication>(module, options);
      return app.useBodyParser('json', { limit: maxBodyBytes });
    }
    case 'fastify':
      return NestFactory.create(module, new FastifyAdapter({ bodyLimit: maxBodyBytes }), options);
    default:
      throw new Error(`PLATFORM: ${platform} is neither express nor fastify`);
  }
}

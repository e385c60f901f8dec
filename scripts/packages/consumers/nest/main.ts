import 'reflect-metadata';
import { Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { jwtAuthenticator } from '@realtime-notify/auth-jwt';
// biome-ignore lint/style/useImportType: Nest takes from the metadata what to inject.
import { createNotifier, defineCatalogue, Notifier } from '@realtime-notify/core';
import { RealtimeNotifyModule } from '@realtime-notify/nest';
import { z } from 'zod';
import { receiveOne, secret } from './clients.js';

const schemas = { message: z.object({ text: z.string() }) };
const notifier = createNotifier({ catalogue: defineCatalogue(schemas) });

@Injectable()
class Greetings {
  constructor(private readonly injected: Notifier<typeof schemas>) {}

  send(text: string): Promise<unknown> {
    return this.injected.notify({ to: { user: 'u1' }, type: 'message', data: { text } });
  }
}

@Module({
  imports: [
    RealtimeNotifyModule.forRoot({
      notifier,
      access: { authenticate: jwtAuthenticator({ secret }) },
    }),
  ],
  providers: [Greetings],
})
class AppModule {}

async function main(): Promise<void> {
  const app = await NestFactory.create<NestExpressApplication>(AppModule, { logger: ['error'] });
  await app.listen(0, '127.0.0.1');
  await receiveOne(app.getHttpServer(), (text) => app.get(Greetings).send(text));
  await app.close();
}

void main();

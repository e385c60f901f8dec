import 'reflect-metadata';
import {
  type CanActivate,
  type DynamicModule,
  type ExecutionContext,
  type INestApplication,
  Inject,
  UnauthorizedException,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Notifier } from '@realtime-notify/core';
import { InjectNotifier, RealtimeNotifyModule } from '@realtime-notify/nest';
import { of } from 'rxjs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { baseOf } from './hosts/host.js';
import { appOrigin, makeNotifier, type ScenarioNotifier } from './notifier.js';
import { follow, heard, refused } from './stage.js';
import { transports } from './streams.js';

interface HostRequest {
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly query: Readonly<Record<string, string | undefined>>;
  user?: { readonly login: string };
}

/** What the guard is made of: provided by a module of the application. */
class Sessions {
  readonly asked: object[] = [];
  readonly users = new Map([
    ['session-1', { login: 'u1' }],
    ['session-2', { login: 'u2' }],
  ]);
}

class SessionGuard implements CanActivate {
  readonly #sessions: Sessions;

  constructor(sessions: Sessions) {
    this.#sessions = sessions;
  }

  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<HostRequest>();
    this.#sessions.asked.push(request);
    const [, session = request.query.session] = request.headers.authorization?.split(' ') ?? [];
    const user = this.#sessions.users.get(session ?? '');
    if (user === undefined) throw new UnauthorizedException();
    request.user = user;
    // Guards of applications do such things; on an upgrade it goes nowhere.
    context.switchToHttp().getResponse<{ statusCode: number }>().statusCode = 200;
    return true;
  }
}
Inject(Sessions)(SessionGuard, undefined, 0);

/** Given as an instance, and with an observable. */
const notForU2: CanActivate = {
  canActivate: (context) =>
    of(context.switchToHttp().getRequest<HostRequest>().user?.login !== 'u2'),
};

class Greeter {
  constructor(readonly notifier: ScenarioNotifier) {}
}
InjectNotifier()(Greeter, undefined, 0);

class AppModule {}
class SessionsModule {}
const sessions: DynamicModule = {
  module: SessionsModule,
  providers: [Sessions],
  exports: [Sessions],
};

function appModule(notifier: ScenarioNotifier): DynamicModule {
  return {
    module: AppModule,
    imports: [
      RealtimeNotifyModule.forRootAsync({
        imports: [sessions],
        inject: [Sessions],
        useFactory: () => ({
          notifier,
          access: {
            guards: [SessionGuard, notForU2],
            allowedOrigins: [appOrigin],
            principalOf: ({ user }: HostRequest) => ({ userId: user?.login ?? null }),
          },
        }),
      }),
    ],
    providers: [Greeter],
  };
}

const quiet = { logger: false } as const;

async function serve(adapter: ExpressAdapter | FastifyAdapter) {
  const app: INestApplication = await NestFactory.create(appModule(makeNotifier()), adapter, quiet);
  await app.listen(0, '127.0.0.1');
  onTestFinished(() => app.close());
  const { notifier } = app.get(Greeter);
  const { asked } = app.get(Sessions, { strict: false });
  return { base: baseOf(app.getHttpServer()), notifier, asked };
}

const platforms = [
  { platform: 'Express', adapter: () => new ExpressAdapter(), mark: 'res' },
  { platform: 'Fastify', adapter: () => new FastifyAdapter(), mark: 'raw' },
];

describe.each(platforms)('guards of Nest on $platform', ({ adapter, mark }) => {
  it.each(transports)('decide over $name, and tell who the client is', async (transport) => {
    const { base, notifier } = await serve(adapter());
    const { stream, ready } = await follow(transport, { base, token: 'session-1' });
    expect(ready).toMatchObject({ user: 'u1' });
    await notifier.notify({ to: { user: 'u1' }, type: 'message', data: { text: 'hello' } });
    expect(await heard(stream)).toBe('hello');
    stream.close();
    expect(await refused(transport, { base })).toEqual({ status: 401, code: 'UNAUTHENTICATED' });
    expect(await refused(transport, { base, token: 'session-2' })).toEqual({
      status: 403,
      code: 'FORBIDDEN',
    });
  });

  it('see the platform’s request or the upgrade’s query, and guard the history', async () => {
    const { base, asked } = await serve(adapter());
    const ask = (query: string) =>
      fetch(`${base}/notifications${query}`, { headers: { connection: 'close' } });
    expect((await ask('?session=session-1')).status).toBe(200);
    expect((await ask('')).status).toBe(401);
    expect(asked.map((request) => Object.hasOwn(request, mark))).toEqual([true, true]);
    const [, webSocket] = transports;
    if (webSocket === undefined) throw new Error('no WebSocket');
    const { stream } = await follow(webSocket, { base, query: { session: 'session-1' } });
    stream.close();
  });
});

it('an application without a server gets the notifier, started and drained with it', async () => {
  const app = await NestFactory.createApplicationContext(appModule(makeNotifier()), quiet);
  const notifier = app.get(Notifier);
  expect(app.get(Greeter).notifier).toBe(notifier);
  await notifier.notifyUnchecked({ to: { user: 'u1' }, type: 'message', data: { text: '' } });
  await app.close();
  await expect(notifier.health()).resolves.toMatchObject({ status: 'draining' });
});

it('a guard that cannot be made keeps the application from starting', async () => {
  const notifier = makeNotifier();
  const module = {
    module: AppModule,
    imports: [
      RealtimeNotifyModule.forRoot({
        notifier,
        access: { guards: [SessionGuard], principalOf: () => null },
      }),
    ],
  };
  const app = await NestFactory.create(module, new ExpressAdapter(), {
    ...quiet,
    abortOnError: false,
  });
  await expect(app.init()).rejects.toThrow('SessionGuard');
  await app.close();
});

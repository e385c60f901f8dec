import type { IncomingMessage } from 'node:http';
import {
  type BeforeApplicationShutdown,
  type CanActivate,
  type DynamicModule,
  Inject,
  type ModuleMetadata,
  type NestModule,
  type OnModuleInit,
} from '@nestjs/common';
import { HttpAdapterHost, ModuleRef } from '@nestjs/core';
import { type AccessOptions, type CatalogueSchemas, Notifier } from '@realtime-notify/core';
import { createMount } from '@realtime-notify/use';
import type { Exchange } from './exchange.js';
import { type GuardedAccess, guardedAuthenticate } from './guarded-access.js';
import {
  optionsToken,
  type RealtimeNotifyAsyncOptions,
  type RealtimeNotifyOptions,
} from './module-options.js';
import { mountOnPlatform } from './mount-on-platform.js';

/**
 * Mounts a notifier into a Nest application on Express or Fastify, and makes it injectable everywhere.
 * The routes come after what `app.use` and the platform's plugins added, before controllers; they are as
 * `prefix` says, whatever the global prefix is. An application context without a server gets the notifier
 * only.
 */
export class RealtimeNotifyModule implements NestModule, OnModuleInit, BeforeApplicationShutdown {
  readonly #options: RealtimeNotifyOptions;
  readonly #adapterHost: HttpAdapterHost;
  readonly #moduleRef: ModuleRef;
  readonly #exchanges = new WeakMap<IncomingMessage, Exchange>();

  /** For Nest to call; applications import what {@link forRoot} returns. */
  constructor(options: RealtimeNotifyOptions, adapterHost: HttpAdapterHost, moduleRef: ModuleRef) {
    this.#options = options;
    this.#adapterHost = adapterHost;
    this.#moduleRef = moduleRef;
  }

  /** @param options - `imports`: modules that export what the guards are made of */
  static forRoot<Schemas extends CatalogueSchemas>(
    options: RealtimeNotifyOptions<Schemas> & Pick<ModuleMetadata, 'imports'>,
  ): DynamicModule {
    const { imports = [], ...rest } = options;
    return RealtimeNotifyModule.forRootAsync({ imports, useFactory: () => rest });
  }

  /** As {@link forRoot}, with options that are made of what other modules provide. */
  static forRootAsync({
    imports = [],
    inject = [],
    useFactory,
  }: RealtimeNotifyAsyncOptions): DynamicModule {
    return {
      module: RealtimeNotifyModule,
      global: true,
      imports,
      providers: [
        { provide: optionsToken, inject, useFactory },
        {
          provide: Notifier,
          inject: [optionsToken],
          useFactory: ({ notifier }: RealtimeNotifyOptions) => notifier,
        },
      ],
      exports: [Notifier],
    };
  }

  /** Before the platform knows the controllers, of which one may take every path. */
  async configure(): Promise<void> {
    const { notifier, access, ...options } = this.#options;
    const { httpAdapter } = this.#adapterHost;
    const mount = createMount(notifier, httpAdapter.getHttpServer(), {
      ...options,
      access: isGuarded(access) ? await this.#guard(access) : access,
    });
    mountOnPlatform(httpAdapter, mount, (incoming, exchange) => {
      this.#exchanges.set(incoming, exchange);
    });
  }

  async onModuleInit(): Promise<void> {
    await this.#options.notifier.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.#options.notifier.drain();
  }

  async #guard(access: GuardedAccess): Promise<AccessOptions> {
    const { guards, principalOf, ...others } = access;
    const authenticate = guardedAuthenticate(access, {
      guards: await Promise.all(guards.map((guard) => this.#created(guard))),
      controller: RealtimeNotifyModule,
      handler: this.configure,
      exchangeOf: (incoming) => this.#exchanges.get(incoming),
    });
    return { ...others, authenticate };
  }

  async #created(guard: GuardedAccess['guards'][number]): Promise<CanActivate> {
    return typeof guard === 'function' ? this.#moduleRef.create(guard) : guard;
  }
}

// Decorators as the calls that they are: they need no compiler option, and no metadata of types.
Inject(optionsToken)(RealtimeNotifyModule, undefined, 0);
Inject(HttpAdapterHost)(RealtimeNotifyModule, undefined, 1);
Inject(ModuleRef)(RealtimeNotifyModule, undefined, 2);

function isGuarded(access: AccessOptions | GuardedAccess): access is GuardedAccess {
  return 'guards' in access;
}

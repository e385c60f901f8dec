import type { FactoryProvider, ModuleMetadata } from '@nestjs/common';
import type { AccessOptions, CatalogueSchemas, Notifier } from '@realtime-notify/core';
import type { MountOptions } from '@realtime-notify/use';
import type { GuardedAccess } from './guarded-access.js';

/** What the module takes. Unknown names are errors. */
export interface RealtimeNotifyOptions<Schemas extends CatalogueSchemas = CatalogueSchemas>
  extends Omit<MountOptions, 'access'> {
  /** Started as the module initialises, so before the application listens; drained before it shuts down. */
  readonly notifier: Notifier<Schemas>;
  /** Who may connect: by the application's own guards, or as everywhere by `authenticate`. */
  readonly access: AccessOptions | GuardedAccess;
}

/** Options that are made by a factory of the application's dependency injection. */
export interface RealtimeNotifyAsyncOptions
  extends Pick<ModuleMetadata, 'imports'>,
    Pick<FactoryProvider<RealtimeNotifyOptions>, 'inject' | 'useFactory'> {}

export const optionsToken = Symbol('realtime-notify options');

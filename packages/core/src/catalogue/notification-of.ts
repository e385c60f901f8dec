import type { z } from 'zod';
import {
  type Notification,
  notificationJson,
  type StoredEnvelope,
} from '../notification/notification.js';
import type { CatalogueSchemas, TypeOf } from './catalogue.js';

/**
 * Any notification of a catalogue; its `type` tells which. Its data went through JSON: what a schema gives and JSON
 * has not, such as a `Date`, is what JSON made of it.
 */
export type NotificationOf<Schemas extends CatalogueSchemas> = {
  [Type in TypeOf<Schemas>]: Notification<Type, z.output<Schemas[Type]>>;
}[TypeOf<Schemas>];

/**
 * Reads what was stored. Its data was checked by the catalogue when it was published, and is not checked again: by
 * another version of the catalogue, where it is older or another node's.
 */
export function readStored<Item extends Notification>(envelope: StoredEnvelope): Item {
  return JSON.parse(notificationJson(envelope));
}

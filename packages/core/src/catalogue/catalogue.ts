import type { z } from 'zod';
import { NotifyError } from '../errors/notify-error.js';
import { typePattern } from '../notification/type-name.js';

/** Notification types with the schema of their data. */
export type CatalogueSchemas = Readonly<Record<string, z.ZodType>>;

/** The names of a catalogue's types. */
export type TypeOf<Schemas extends CatalogueSchemas> = Extract<keyof Schemas, string>;

/** What a publisher passes as data of a type. */
export type DataOf<Schemas extends CatalogueSchemas, Type extends TypeOf<Schemas>> = z.input<
  Schemas[Type]
>;

/** Names that an EventSource or the protocol uses itself. */
const reservedTypes: ReadonlySet<string> = new Set(['open', 'error', 'ready', 'bye']);
/** What inboxes tell begins so. */
const reservedStart = 'inbox.';

/** The notification types of an application, checked on publishing. Made by {@link defineCatalogue}. */
export interface Catalogue<Schemas extends CatalogueSchemas = CatalogueSchemas> {
  readonly types: readonly TypeOf<Schemas>[];
  /**
   * Checks data and writes it as JSON text.
   * @param maxBytes - limit of the text in UTF-8
   * @throws NotifyError `TYPE_UNKNOWN`, `DATA_INVALID` or `DATA_TOO_LARGE`
   */
  encode(type: string, data: unknown, maxBytes: number): string;
}

/**
 * Declares the notification types of an application.
 * @param schemas - type name (1 to 100 of `A-Z a-z 0-9 . _ : -`, a letter or digit first) to the zod
 *   schema of its data. What a schema strips or transforms is sent in its output form.
 * @throws NotifyError `TYPE_RESERVED` for open, error, ready, bye and what begins with `inbox.`; `OPTIONS_INVALID` for a bad name
 */
export function defineCatalogue<const Schemas extends CatalogueSchemas>(
  schemas: Schemas,
): Catalogue<Schemas> {
  const table = new Map<string, z.ZodType>();
  for (const [type, schema] of Object.entries(schemas)) {
    if (reservedTypes.has(type) || type.startsWith(reservedStart)) {
      throw new NotifyError('TYPE_RESERVED', `the type "${type}" is reserved by the protocol`);
    }
    if (!typePattern.test(type)) {
      throw new NotifyError('OPTIONS_INVALID', `"${type}" is not a valid type name`);
    }
    table.set(type, schema);
  }
  return Object.freeze({
    types: Object.freeze(Object.keys(schemas) as TypeOf<Schemas>[]),
    encode: (type: string, data: unknown, maxBytes: number) => {
      const schema = table.get(type);
      if (schema === undefined) {
        throw new NotifyError(
          'TYPE_UNKNOWN',
          `the type ${JSON.stringify(type)} is not in the catalogue`,
        );
      }
      return encodeData(schema, type, data, maxBytes);
    },
  });
}

function encodeData(schema: z.ZodType, type: string, data: unknown, maxBytes: number): string {
  const parsed = check(schema, type, data);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const path =
      issue === undefined || issue.path.length === 0 ? 'data' : `data.${issue.path.join('.')}`;
    throw new NotifyError('DATA_INVALID', `${type}: ${path}: ${issue?.message ?? 'invalid'}`, {
      cause: parsed.error,
    });
  }
  const text = writeJson(type, parsed.data);
  if (Buffer.byteLength(text) > maxBytes) {
    throw new NotifyError('DATA_TOO_LARGE', `${type}: the data takes more than ${maxBytes} bytes`);
  }
  return text;
}

/** A schema may throw by itself: an asynchronous one, a transform that fails, data too deep for it. */
function check(schema: z.ZodType, type: string, data: unknown): z.ZodSafeParseResult<unknown> {
  try {
    return schema.safeParse(data);
  } catch (cause) {
    throw new NotifyError('DATA_INVALID', `${type}: the schema could not check the data`, {
      cause,
    });
  }
}

function writeJson(type: string, data: unknown): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(data);
  } catch (cause) {
    throw new NotifyError('DATA_INVALID', `${type}: the data cannot be written as JSON`, { cause });
  }
  if (text === undefined) {
    throw new NotifyError('DATA_INVALID', `${type}: the data cannot be written as JSON`);
  }
  return text;
}

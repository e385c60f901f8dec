import type { CloseCode, Notification, Position } from '@realtime-notify/core';

/** Why a client's connection ended. */
export type Ending =
  /** The server said `bye`. */
  | { readonly by: 'server'; readonly code: CloseCode; readonly returnMs: number | null }
  /** The client went, or was cut off. */
  | { readonly by: 'client' }
  /** The node died. */
  | { readonly by: 'crash' }
  /** The server would not have it: the code of the `NotifyError`. */
  | { readonly by: 'refusal'; readonly code: string };

/** Something that a client lived through. */
export type ClientEvent =
  | {
      readonly kind: 'connecting';
      readonly node: number;
      /** Where it claims to stand. */
      readonly cursor: string | undefined;
    }
  | {
      readonly kind: 'ready';
      readonly channels: ReadonlyMap<string, Position>;
      readonly recovered: boolean;
    }
  | {
      readonly kind: 'shown';
      readonly notification: Notification;
      /** Where the client stands now; undefined in the middle of an SSE write. */
      readonly cursor: string | undefined;
    }
  | { readonly kind: 'ended'; readonly ending: Ending };

/** A notification as it stands on the wire, read without any code of ours. */
export interface Notification {
  readonly id: string;
  readonly type: string;
  readonly channel: string;
  readonly epoch: string | null;
  readonly offset: number | null;
  readonly time: number;
  readonly data: unknown;
}

/** What the server says at the start of a stream. */
export interface Ready {
  readonly user: string | null;
  readonly channels: Readonly<
    Record<string, { readonly epoch: string; readonly offset: number } | undefined>
  >;
  readonly recovered: boolean;
  readonly heartbeatMs: number;
}

/** What the server says before it ends a stream. */
export interface Bye {
  readonly code: string;
  readonly returnMs: number | null;
}

export function parseNotification(value: unknown): Notification {
  const { id, type, channel, epoch, offset, time, data } = asObject(value, 'a notification');
  const placed = typeof epoch === 'string' && typeof offset === 'number';
  const unplaced = epoch === null && offset === null;
  if (
    typeof id !== 'string' ||
    typeof type !== 'string' ||
    typeof channel !== 'string' ||
    typeof time !== 'number' ||
    !(placed || unplaced)
  ) {
    throw new Error(`not a notification: ${JSON.stringify(value)}`);
  }
  const place = placed ? { epoch, offset } : { epoch: null, offset: null };
  return { id, type, channel, ...place, time, data };
}

export function parseReady(value: unknown): Ready {
  const { user, channels, recovered, heartbeatMs } = asObject(value, 'a ready');
  const positions = Object.entries(asObject(channels, 'the channels of a ready')).map(
    ([channel, position]) => {
      const { epoch, offset } = asObject(position, 'a position');
      if (typeof epoch !== 'string' || typeof offset !== 'number') {
        throw new Error(`not a position: ${JSON.stringify(position)}`);
      }
      return [channel, { epoch, offset }] as const;
    },
  );
  if (
    (typeof user !== 'string' && user !== null) ||
    typeof recovered !== 'boolean' ||
    typeof heartbeatMs !== 'number'
  ) {
    throw new Error(`not a ready: ${JSON.stringify(value)}`);
  }
  return { user, channels: Object.fromEntries(positions), recovered, heartbeatMs };
}

export function parseBye(value: unknown): Bye {
  const { code, returnMs } = asObject(value, 'a bye');
  if (typeof code !== 'string' || (typeof returnMs !== 'number' && returnMs !== null)) {
    throw new Error(`not a bye: ${JSON.stringify(value)}`);
  }
  return { code, returnMs };
}

export function asObject(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Error(`not ${what}: ${JSON.stringify(value)}`);
  }
  return value as Readonly<Record<string, unknown>>;
}

import type {
  Batch,
  CursorSource,
  Encoding,
  InboxChange,
  Notification,
  Notifier,
  Outlet,
} from '@realtime-notify/core';
import { inboxChangedType, notificationJson } from '@realtime-notify/core';

const jsonLines: Encoding = {
  encode: (envelope) => Buffer.from(notificationJson(envelope)),
  separator: Buffer.from('\n'),
};

/** A device of a user: a stream of one node, and what it was shown. */
export class Device implements Outlet {
  readonly bufferedBytes = 0;
  readonly notifications: Notification[] = [];
  readonly #closes: (() => void)[] = [];

  ready(): void {}

  write(batch: Batch, _source: CursorSource): void {
    for (const line of batch.bytes(jsonLines).toString().split('\n')) {
      this.notifications.push(JSON.parse(line));
    }
  }

  onceDrained(listener: () => void): void {
    listener();
  }

  close(): void {
    for (const closed of this.#closes) closed();
  }

  /** Opens a stream as a transport does; resolves once it is live. */
  async attach(
    notifier: Notifier,
    userId: string,
    groups: readonly string[],
    cursor?: string,
  ): Promise<this> {
    await notifier.attach({
      principal: { userId },
      groups,
      cursor,
      outlet: this,
      isGone: () => false,
    });
    return this;
  }

  /** What was done to the inbox, as far as this device was told. */
  get changes(): readonly (InboxChange & { readonly offset: number | null })[] {
    return this.notifications.flatMap(({ type, data, offset }) =>
      type === inboxChangedType && isChange(data) ? [{ ...data, offset }] : [],
    );
  }
}

function isChange(data: unknown): data is InboxChange {
  return typeof data === 'object' && data !== null && 'action' in data && 'unread' in data;
}

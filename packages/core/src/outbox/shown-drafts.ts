import type { ChannelNames } from '../channels/channel-names.js';
import type { FeedTable } from '../feeds/feed-table.js';
import type { PublishQueue } from '../notifier/publish-queue.js';
import type { StoreQueueContext } from '../notifier/store-queue.js';
import { UndeliveredLog } from '../notifier/undelivered-log.js';
import type { Logger } from '../ports/logger.js';
import type { Relayed } from '../ports/outbox.js';
import { relayedResult, reportOf } from './relay-report.js';

/** Where {@link ShownDrafts} shows and whom it tells. */
export interface ShownDraftsContext extends Pick<StoreQueueContext, 'notified' | 'undelivered'> {
  readonly feeds: Pick<FeedTable, 'offer'>;
  readonly queue: Pick<PublishQueue, 'publish'>;
  readonly channelNames: ChannelNames;
  readonly logger: Logger;
}

/** Shows drafts of other processes or times that were appended here, as a publisher does its own. */
export class ShownDrafts {
  readonly #context: ShownDraftsContext;
  readonly #log: UndeliveredLog;

  constructor(context: ShownDraftsContext) {
    this.#context = context;
    this.#log = new UndeliveredLog(context.logger);
  }

  took(relayed: Pick<Relayed, 'drafts' | 'outcomes'>): void {
    const { channelNames, feeds, queue, notified, undelivered } = this.#context;
    const report = reportOf(relayed, channelNames);
    feeds.offer(report.stored);
    void queue.publish(report.fresh).then((published) => {
      for (const each of report.placed) notified(each.type, relayedResult(each, published));
    });
    for (const each of report.undelivered) {
      this.#log.undelivered(each.error);
      undelivered(each);
    }
  }

  /** Says what was given up and not said yet. */
  flush(): void {
    this.#log.flush();
  }
}

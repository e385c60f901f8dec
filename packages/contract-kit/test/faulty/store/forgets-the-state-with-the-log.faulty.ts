import type { ChannelState } from '@realtime-notify/core';
import { memoryStoreContract, WrappedStore } from './wrapped-store.js';

/** Keeps the state with the notification that brought it, as long as that. */
class ForgetsTheStateWithTheLog extends WrappedStore {
  override async states(channels: readonly string[]): Promise<readonly ChannelState[]> {
    const states = await super.states(channels);
    const requests = channels.map((channel) => ({ channel, after: 0, limit: 10_000 }));
    const pages = await super.readAfter(requests);
    return states.map(({ position, stateJson }, i) => {
      return { position, stateJson: pages[i]?.items.length === 0 ? null : stateJson };
    });
  }
}

memoryStoreContract(ForgetsTheStateWithTheLog);

import type { Socket } from 'node:net';
import { LineStore, lineStoreContract } from './line-store.js';

/** Closing, it waits for the server to close as well. */
class SaysGoodbye extends LineStore {
  protected override hangUp(socket: Socket | undefined): void {
    socket?.end();
  }
}

lineStoreContract(SaysGoodbye);

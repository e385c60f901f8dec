import type { LogPage, NotifyRequest, NotifyResult } from '@realtime-notify/core';
import type { ClientRequest, TestClient } from '../../src/client/test-client.js';
import type { Step } from './history.js';

/** The nodes that a history is run on, and how they are hurt. */
export interface Deployment {
  readonly nodes: number;
  /** Rejects where the node is dead, too. */
  notify(node: number, request: NotifyRequest): Promise<NotifyResult>;
  isUp(node: number): boolean;
  client(request: ClientRequest): TestClient;
  crash(node: number): Promise<void>;
  restart(node: number): Promise<void>;
  /** A step that hurts broker or store; false where this deployment has no such fault. */
  hurt(step: Step): Promise<boolean>;
  /** Does something while no node reaches the store. */
  undisturbed(work: () => Promise<void>): Promise<void>;
  /** Ends all faults. */
  heal(): Promise<void>;
  /** Everything that a channel's log holds. */
  log(channel: string): Promise<LogPage>;
  advance(ms: number): Promise<void>;
  /** Waits as long as it may take until everything is as it should be, where nothing is wrong any more. */
  mend(): Promise<void>;
  /** How soon feeds are level after the broker came back, in milliseconds; undefined where it is not timed. */
  readonly resyncMs?: number;
}

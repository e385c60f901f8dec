import type { CrowdMember, CrowdNode } from '../../harness/crowd.js';
import type { Accepted } from '../../harness/publisher.js';

/** What a test asks of the process that holds its clients, and how it is answered. */
export interface CrowdCalls {
  /** Connects everybody; answered when each client has its `ready`. */
  connect: {
    ask: {
      readonly members: readonly CrowdMember[];
      readonly nodes: readonly [CrowdNode, CrowdNode];
      /** What each user has beside an event stream. Default: a WebSocket. */
      readonly second?: 'WebSocket' | 'SSE';
    };
    answer: null;
  };
  /** Answered when every client has been shown its channels up to these offsets. */
  reach: {
    ask: { readonly heads: ReadonlyMap<string, number>; readonly timeoutMs: number };
    answer: null;
  };
  /** Whoever was at this node at first breaks its link and comes back to it. */
  returnTo: { ask: { readonly node: CrowdNode }; answer: null };
  /** When everybody came back, and how many were told to go before. */
  returns: { ask: null; answer: CrowdReturns };
  tally: { ask: null; answer: CrowdTally };
  /** As `expectDelivery` does it. */
  expectDelivery: {
    ask: { readonly accepted: readonly Accepted[]; readonly nodes: readonly CrowdNode[] };
    answer: null;
  };
}

export interface CrowdReturns {
  /** Milliseconds since 1970 UTC, ascending. */
  readonly times: readonly number[];
  /** `bye` because the node was draining. */
  readonly toldToGo: number;
}

/** What all clients together have been through. */
export interface CrowdTally {
  readonly clients: number;
  /** Notifications that were shown for the first time. */
  readonly received: number;
  /** Shown once more because a write was cut, with equal ids. */
  readonly repeats: number;
  /** `ready` that came after the first one of a client. */
  readonly reconnects: number;
  readonly unrecovered: number;
}

export type CrowdCall = keyof CrowdCalls;

export type CrowdRequest = {
  [Call in CrowdCall]: {
    readonly n: number;
    readonly call: Call;
    readonly ask: CrowdCalls[Call]['ask'];
  };
}[CrowdCall];

/** `failure` is the text of the error. */
export type CrowdReply =
  | { readonly n: number; readonly answer: CrowdCalls[CrowdCall]['answer'] }
  | { readonly n: number; readonly failure: string };

/** One clause of a port's contract: what every adapter promises. */
export interface Clause {
  readonly sentence: string;
  /** What holds instead where the adapter declares that it has not got the capability. */
  readonly opposite?: string;
}

/** The clauses of the Store port. S1 to S16 are the numbered promises over the port. */
export const storeClauses = {
  S1: { sentence: 'offsets are 1, 2, 3 ... under one epoch, however many writers there are' },
  S2: { sentence: 'what is appended is kept, its fields unchanged' },
  S3: { sentence: 'an idempotency key is one notification within the window, or a conflict' },
  S4: { sentence: 'outcomes and pages come in the order asked; one failure fails no other draft' },
  S5: { sentence: 'a page is one consistent look' },
  S6: { sentence: 'the log is trimmed only as a prefix, and the head stays' },
  S7: { sentence: 'reads see every append that finished before' },
  S8: { sentence: 'an epoch is renewed by compare-and-set and keeps the offset' },
  S9: { sentence: 'an unknown channel stands at the origin, and reading it creates nothing' },
  S10: { sentence: 'a log keeps the newest, as many and as many bytes as its channel class may' },
  S11: { sentence: 'what is too old by the clock of the store is never served' },
  S12: { sentence: 'nothing is placed at or before a floor that the log lost, under its epoch' },
  S13: { sentence: 'a page keeps to the bytes it may have, and always leads on' },
  S14: { sentence: 'an envelope names its predecessor as the log knew it, kept or not' },
  S15: { sentence: 'of several changes from one position one is made, the others change nothing' },
  S16: { sentence: 'a state belongs to its position and outlives what brought it' },
  'S-MODEL': { sentence: 'any sequence of operations does what a plain model does' },
  'S-AWAY': {
    sentence: 'while the store is away calls fail with STORE_UNAVAILABLE in bounded time',
    opposite: 'a store that only this process sees opens no socket',
  },
  'S-DRAIN': { sentence: 'drain resolves when what was begun has finished' },
  'S-CLOSE': { sentence: 'after close every call rejects with CLOSED; close is idempotent' },
  'S-SHARED': {
    sentence: 'another instance sees the same logs',
    opposite: 'another instance sees nothing of the logs',
  },
} as const satisfies Record<string, Clause>;

/** The clauses of a Store whose server fails: killed, stopped, cut off, come late. */
export const storeOutageClauses = {
  'S-KILLED': { sentence: 'a server killed under traffic loses and repeats nothing' },
  'S-CUT': { sentence: 'connections cut with calls under way lose and repeat nothing' },
  'S-STOPPED': { sentence: 'a server that stopped answering makes no call wait for ever' },
  'S-HALF-OPEN': { sentence: 'a connection that is half open is given up' },
  'S-SILENT-CLOSE': { sentence: 'close leaves nothing where the server has fallen silent' },
  'S-LATE': { sentence: 'a store can be started again when its server comes late' },
  'S-START-CLOSED': { sentence: 'close ends a start that waits for its next attempt' },
  'S-LINK-LOG': { sentence: 'each change of the link is one line of the log' },
} as const satisfies Record<string, Clause>;

/** The clauses of the Broker port. B1 to B10 are the numbered promises over the port. */
export const brokerClauses = {
  B1: { sentence: 'an envelope reaches every subscribed node, its fields unchanged' },
  B2: { sentence: 'what is published after subscribe resolved is received' },
  B3: { sentence: 'envelopes of one channel and publisher are received in publish order' },
  B4: {
    sentence: 'after an interruption the subscriptions stand again, then resync is called',
    opposite: 'without a link there is no interruption: up once, never down, no resync',
  },
  B5: {
    sentence: 'publish settles in bounded time, with BROKER_UNAVAILABLE when the broker is away',
    opposite: 'without a link publish always resolves',
  },
  B6: {
    sentence: 'foreign bytes never reach the sink',
    opposite: 'without a link nothing but what was published is received',
  },
  B7: {
    sentence: 'a broker that is away throws nothing out of band',
    opposite: 'without a link nothing is thrown out of band by use in any order',
  },
  B8: {
    sentence: 'nothing is received after close, which is idempotent and leaves no socket, no timer',
  },
  B9: { sentence: 'a node that only publishes reaches the others and receives nothing' },
  B10: {
    sentence: 'what is sent to named nodes reaches them in order, and no other',
    opposite: 'a broker that is not directed has no publishTo',
  },
  'B-INTEREST': {
    sentence: 'a node receives only the channels that it subscribed to',
    opposite: 'every node receives everything, subscribed or not',
  },
  'B-DECLARED': {
    sentence: 'every node declares the capabilities that the suite was given',
    opposite: 'every node declares the capabilities that the suite was given, and opens no socket',
  },
  'B-STATUS': {
    sentence: 'a change of the link is reported once, however many attempts fail',
    opposite: 'without a link up is reported once, and nothing after it',
  },
  'B-PROBE': {
    sentence: 'a probe makes the round trip, and rejects with BROKER_UNAVAILABLE where it cannot',
    opposite: 'without a link a probe resolves',
  },
  'B-DRAIN': { sentence: 'what publish was given before drain reaches the others' },
} as const satisfies Record<string, Clause>;

/** The clauses of the Directory port. D1 to D10 are the numbered promises over the port. */
export const directoryClauses = {
  D1: {
    sentence: 'what is added and not removed is found by every node while the lease lives',
    opposite: 'a node that is alone finds what it added, and another instance finds nothing',
  },
  D2: {
    sentence: 'what a node held whose lease ended is not found, and vanishes',
    opposite: 'without a lease entries stand until they are removed',
  },
  D3: { sentence: 'adding and removing are idempotent, and the last word on a user counts' },
  D4: { sentence: 'answers come in the order asked, each node once' },
  D5: {
    sentence: 'a node that starts under the id of an earlier one holds none of its entries',
    opposite: 'an instance made anew holds none of the entries of an earlier one',
  },
  D6: {
    sentence: 'a node whose entries were lost adds them again, then calls resync',
    opposite: 'where nothing can be lost resync is never called',
  },
  D7: {
    sentence: 'while the directory is away calls fail with DIRECTORY_UNAVAILABLE in bounded time',
    opposite: 'a directory that only this process sees is up once, and opens no socket',
  },
  D8: { sentence: 'the first entry of a user and the end of the last one are told, once' },
  D9: { sentence: 'the clock of a node does not matter' },
  D10: {
    sentence: 'drain takes the entries out; after close nothing is found, and nothing is left',
  },
  'D-DECLARED': { sentence: 'every node declares the capabilities that the suite was given' },
  'D-LOOK-ONLY': { sentence: 'a node that only looks up finds the others and adds nobody' },
} as const satisfies Record<string, Clause>;

/** The clauses of inboxes, over any Store. */
export const inboxClauses = {
  I1: { sentence: 'an inbox lists what came to its user, the newest first' },
  I2: { sentence: 'a shared channel counts from joining it, and no send writes for a member' },
  I3: { sentence: 'pages follow one another without gap or repeat' },
  I4: { sentence: 'a stream from the cursor of a page shows exactly what follows it' },
  I5: { sentence: 'only what is kept is in the inbox' },
  I6: { sentence: 'a mark does what it says, once' },
  I7: { sentence: 'a muted type is neither listed nor counted' },
  I8: { sentence: 'every change is told to all devices of the user, in order, with its counts' },
  I9: { sentence: 'of changes made at once none is lost' },
  I10: { sentence: 'what is kept for a user is bounded' },
  'I-MODEL': { sentence: 'any sequence of operations does what a plain model does' },
} as const satisfies Record<string, Clause>;

/** The clauses of the DueWork port. W1 to W6 are the numbered promises over the port. */
export const dueWorkClauses = {
  W1: { sentence: 'work is taken once it is due, by one node at a time, the longest due first' },
  W2: { sentence: 'a key that is there, or was finished, is not scheduled again' },
  W3: { sentence: 'a lease that ends without a word gives the work on, as possibly repeated' },
  W4: { sentence: 'only the lease that holds the work finishes or postpones it' },
  W5: { sentence: 'cancelled work is not taken any more, and its key is free' },
  W6: { sentence: 'the clock of a node does not matter' },
  'W-MODEL': { sentence: 'any sequence of operations does what a plain model does' },
  'W-AWAY': {
    sentence: 'while the store is away calls fail with STORE_UNAVAILABLE in bounded time',
    opposite: 'due work that only this process sees opens no socket',
  },
  'W-DRAIN': { sentence: 'drain of the store resolves when what was begun has finished' },
  'W-CLOSE': { sentence: 'after close of the store every call rejects with CLOSED' },
  'W-SHARED': {
    sentence: 'another instance takes what one has scheduled',
    opposite: 'another instance takes nothing of what one has scheduled',
  },
} as const satisfies Record<string, Clause>;

/** The clauses of the Outbox port. O1 to O7 are the numbered promises over the port. */
export const outboxClauses = {
  O1: { sentence: 'what a transaction put is appended if it commits, and only then' },
  O2: { sentence: 'it is appended once, however many relays there are' },
  O3: { sentence: 'a channel keeps the order of the puts, and that of commit before put' },
  O4: { sentence: 'relays share the work, at most as many drafts at a time as each is asked for' },
  O5: { sentence: 'what can never be appended is told once and keeps no other from its turn' },
  O6: { sentence: 'whoever watches is told of a commit, until it stops watching' },
  O7: { sentence: 'transactions that are open side by side do not wait for one another' },
  'O-SESSION': { sentence: 'what is no session with an open transaction is refused' },
  'O-MODEL': { sentence: 'random transactions and relays leave what a plain model says' },
  'O-KILLED': {
    sentence: 'a relay that loses its server at any moment leaves each draft to the others, once',
    opposite: 'what is closed with drafts in it appends nothing more',
  },
  'O-AWAY': {
    sentence: 'while the server is away relay fails with STORE_UNAVAILABLE in bounded time',
    opposite: 'an outbox that only this process sees opens no socket',
  },
  'O-DRAIN': { sentence: 'drain resolves when a relay under way has finished' },
  'O-CLOSE': { sentence: 'after close every call rejects with CLOSED, and no timer is left' },
  'O-SHARED': {
    sentence: 'another instance is told of the commit and relays it',
    opposite: 'another instance is told nothing and relays nothing',
  },
} as const satisfies Record<string, Clause>;

/** The clauses of the WriteBackLog port. L1 to L5 are the numbered promises over the port. */
export const writeBackClauses = {
  L1: { sentence: 'what was logged outlives its node, unchanged, and is replayed' },
  L2: { sentence: 'a channel is replayed in the order of the appends, by one node at a time' },
  L3: {
    sentence: 'replayed resolves once all was replayed that was there before, and not earlier',
  },
  L4: { sentence: 'what failed and can be mended is replayed again before what follows it' },
  L5: { sentence: 'a node without a replay appends and asks, and leaves the rest to others' },
  'L-AWAY': {
    sentence: 'while the log is away calls fail with BROKER_UNAVAILABLE in bounded time',
    opposite: 'a log that only this process sees opens no socket',
  },
  'L-DRAIN': { sentence: 'drain resolves when the replay under way has ended, and begins none' },
  'L-CLOSE': { sentence: 'after close every call rejects with CLOSED, and nothing is left' },
} as const satisfies Record<string, Clause>;

/** The clauses of transports: what a client sees, whatever carries it. */
export const transportClauses = {
  T1: { sentence: 'ready comes first, with the positions before what is shown then' },
  T2: { sentence: 'a notification comes as it was sent, each once, in offset order' },
  T3: { sentence: 'a client sees its own channels and the groups it asked for, nothing else' },
  T4: { sentence: 'a cursor resumes: exactly what was missed, then live, recovered true' },
  T5: { sentence: 'history that is gone is told by recovered false, and only then' },
  T6: { sentence: 'who may not connect, or asks wrongly, is refused' },
  T7: { sentence: 'a client that does not read is closed; others do not feel it, nothing is lost' },
  T8: { sentence: 'a client that went away is let go of' },
  T9: { sentence: 'a stream ends with its credential' },
  T10: { sentence: 'draining tells each client when to come back' },
  T11: { sentence: 'an ephemeral notification is shown and moves no cursor' },
  T12: { sentence: 'what only fails now makes the client come back, and resume' },
  'T-LOST': { sentence: 'history lost while a stream is open is told by another ready' },
  'T-OUTLET': { sentence: 'a closed outlet does nothing and throws nothing' },
} as const satisfies Record<string, Clause>;

export type TransportClauseId = keyof typeof transportClauses;
export type InboxClauseId = keyof typeof inboxClauses;
export type OutboxClauseId = keyof typeof outboxClauses;
export type StoreClauseId = keyof typeof storeClauses;
export type StoreOutageClauseId = keyof typeof storeOutageClauses;
export type DirectoryClauseId = keyof typeof directoryClauses;
export type DueWorkClauseId = keyof typeof dueWorkClauses;
export type WriteBackClauseId = keyof typeof writeBackClauses;
export type BrokerClauseId = keyof typeof brokerClauses;

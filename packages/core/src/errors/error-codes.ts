/** One row of the error table: what happened, whether trying again can help, and what to do. */
export interface ErrorCodeRow {
  readonly meaning: string;
  readonly retryable: boolean;
  readonly advice: string;
}

/**
 * Every code that a {@link NotifyError} can carry. `docs/errors.md` is generated from this table,
 * so code, class and document cannot drift apart.
 */
export const errorCodes = {
  OPTIONS_INVALID: {
    meaning: 'An option has a wrong type or value, or its name is unknown.',
    retryable: false,
    advice: 'Correct the option that the message names.',
  },
  STORE_NOT_SHARED: {
    meaning: 'A broker that joins several nodes was combined with a store that only one node sees.',
    retryable: false,
    advice: 'Use a shared store such as store-redis, or the memory broker for a single node.',
  },
  AUTHENTICATION_MISSING: {
    meaning: 'A transport was built without `authenticate` and without `anonymous: true`.',
    retryable: false,
    advice: 'Pass `authenticate`, or write out that anybody may connect.',
  },
  TYPE_UNKNOWN: {
    meaning: 'The notification type is not in the catalogue.',
    retryable: false,
    advice: 'Add the type to the catalogue, or correct its name.',
  },
  TYPE_RESERVED: {
    meaning: 'A catalogue names a type that the protocol uses itself.',
    retryable: false,
    advice: 'Choose a name other than open, error, ready and bye.',
  },
  DATA_INVALID: {
    meaning: 'The data does not match the schema of its type, or cannot be written as JSON.',
    retryable: false,
    advice: 'Correct the data; the message names the first field at fault.',
  },
  DATA_TOO_LARGE: {
    meaning: 'The data is larger than `maxDataBytes` once written as JSON.',
    retryable: false,
    advice: 'Send a reference instead of the content, or raise the limit.',
  },
  AUDIENCE_INVALID: {
    meaning: 'The audience is empty, malformed, or addresses more users than allowed.',
    retryable: false,
    advice: 'Use {user}, {users}, {group} or {all: true} with valid names.',
  },
  CHANNEL_INVALID: {
    meaning: 'A user id, group or channel name is empty, too long, or holds forbidden characters.',
    retryable: false,
    advice: 'Use well-formed text of 1 to 200 characters without control characters.',
  },
  CURSOR_INVALID: {
    meaning: 'A cursor is too long or not written as the protocol says.',
    retryable: false,
    advice: 'Send a cursor that the server gave, or none.',
  },
  IDEMPOTENCY_CONFLICT: {
    meaning: 'The idempotency key was used on this channel for another content.',
    retryable: false,
    advice: 'Use one key for one content.',
  },
  HEAD_MOVED: {
    meaning: 'The channel was appended to since its state was read.',
    retryable: true,
    advice: 'Read the state again, work the change out anew, and try again.',
  },
  INBOX_UNREADABLE: {
    meaning:
      "What the store keeps of a user's inbox was written by a newer version, or by another program.",
    retryable: false,
    advice: 'Use the newer version on all nodes; nothing was changed.',
  },
  GROUPS_UNAVAILABLE: {
    meaning: 'The `groupsOf` hook failed, or did not answer in time.',
    retryable: true,
    advice: 'Try again; see the cause.',
  },
  ESCALATION_FAILED: {
    meaning:
      'A user could not be told in another way: a hook of `escalation` failed, or took too long.',
    retryable: true,
    advice: 'See the cause; after the last attempt tell the user yourself, or let it be.',
  },
  TRANSACTIONS_UNSUPPORTED: {
    meaning: 'The store has no transactions, or its server offers none.',
    retryable: false,
    advice: 'Use a store with an outbox; MongoDB needs a replica set for transactions.',
  },
  UNAUTHENTICATED: {
    meaning: 'No credential was given, or it is not valid.',
    retryable: false,
    advice: 'Connect with a valid credential.',
  },
  FORBIDDEN: {
    meaning: 'The user may not follow this channel.',
    retryable: false,
    advice: 'Ask for channels that the user is allowed to follow.',
  },
  LIMIT_EXCEEDED: {
    meaning: 'A configured limit is reached.',
    retryable: true,
    advice: 'Try again later, or raise the limit that the message names.',
  },
  OVERLOADED: {
    meaning: 'This node has as many streams, or gets them as fast, as it is allowed to.',
    retryable: true,
    advice: 'Come back after the time that is told; add nodes, or raise the limit.',
  },
  REVOKE_UNCONFIRMED: {
    meaning: 'A revocation is recorded, but not every node has said that it acts on it.',
    retryable: true,
    advice: 'Try again; a node acts on it as soon as it reaches broker or store.',
  },
  STORE_UNAVAILABLE: {
    meaning: 'The store did not answer, or answered with a failure of its own.',
    retryable: true,
    advice: 'Try again; with an idempotency key nothing is stored twice.',
  },
  BROKER_UNAVAILABLE: {
    meaning: 'The broker cannot be reached, or its queue is full.',
    retryable: true,
    advice: 'Nothing is lost: other nodes read what they missed from the store.',
  },
  BROKER_CONFIGURATION: {
    meaning: 'The broker is reachable but not set up as needed.',
    retryable: false,
    advice: 'Follow the message: create the Kafka topic, grant the right, or allow its creation.',
  },
  DIRECTORY_UNAVAILABLE: {
    meaning: 'The directory of who is where cannot be reached.',
    retryable: true,
    advice: 'Nothing is lost: nodes that were not told read what they missed from the store.',
  },
  DIRECTORY_MISSING: {
    meaning:
      'A broker that sends to named nodes, or `online`, needs a directory, and none was given.',
    retryable: false,
    advice: 'Give `createNotifier` a `directory`, such as that of broker-redis.',
  },
  ENVELOPE_INVALID: {
    meaning: 'Bytes that came from the broker or the store are not an envelope.',
    retryable: false,
    advice: 'Keep other programs off our keys, channels and Kafka topics.',
  },
  PUBLISH_ONLY: {
    meaning: 'A node that only publishes was asked to receive, or to hold a stream.',
    retryable: false,
    advice: 'Leave out `publishOnly` on nodes that serve clients.',
  },
  RECIPIENT_UNKNOWN: {
    meaning: 'The `unknownRecipients` hook does not know a user of the audience.',
    retryable: false,
    advice: 'Correct the audience; nothing was sent to anybody.',
  },
  RECIPIENTS_UNCHECKED: {
    meaning: 'The `unknownRecipients` hook failed, or did not answer in time.',
    retryable: true,
    advice: 'Try again; nothing was sent to anybody.',
  },
  ORIGIN_FORBIDDEN: {
    meaning: 'A browser page of another origin, or a cookie without proof of its origin, asked.',
    retryable: false,
    advice: 'Name the origin in `allowedOrigins`, or use a token instead of a cookie.',
  },
  NOT_STARTED: {
    meaning: 'The notifier was used before `start` resolved.',
    retryable: true,
    advice: 'Await `start` first.',
  },
  CLOSED: {
    meaning: 'The notifier, or the part used, is draining or closed.',
    retryable: false,
    advice: 'Use another node; this one is going away.',
  },
} as const satisfies Record<string, ErrorCodeRow>;

/** The stable name of a failure. */
export type ErrorCode = keyof typeof errorCodes;

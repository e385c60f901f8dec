import { NotifyError } from '@realtime-notify/core';

/** Failures that trying again cannot mend: rights, names, settings. Kafka's own words for them. */
const configurationTypes: ReadonlySet<string> = new Set([
  'CLUSTER_AUTHORIZATION_FAILED',
  'GROUP_AUTHORIZATION_FAILED',
  'INVALID_CONFIG',
  'INVALID_PARTITIONS',
  'INCONSISTENT_GROUP_PROTOCOL',
  'INVALID_REPLICATION_FACTOR',
  'INVALID_SESSION_TIMEOUT',
  'INVALID_TOPIC_EXCEPTION',
  'MESSAGE_TOO_LARGE',
  'POLICY_VIOLATION',
  'RECORD_LIST_TOO_LARGE',
  'SASL_AUTHENTICATION_FAILED',
  'TOPIC_AUTHORIZATION_FAILED',
  'UNSUPPORTED_SASL_MECHANISM',
  'UNSUPPORTED_VERSION',
]);

const configurationNames: ReadonlySet<string> = new Set([
  'KafkaJSSASLAuthenticationError',
  'KafkaJSServerDoesNotSupportApiKey',
]);

/** The one place where the driver's failures become ours. */
export function kafkaFailure(what: string, error: unknown): NotifyError {
  if (NotifyError.is(error)) return error;
  const chain = causes(error);
  const wrong = chain.some(
    ({ name, type }) => configurationNames.has(name) || configurationTypes.has(type),
  );
  const said = chain.at(-1)?.message ?? String(error);
  return new NotifyError(
    wrong ? 'BROKER_CONFIGURATION' : 'BROKER_UNAVAILABLE',
    `Kafka: ${what}: ${said}`,
    { cause: error },
  );
}

/** Whether Kafka did not answer at all, rather than answered with an error. */
export function isLinkFailure(error: unknown): boolean {
  return causes(error).some(({ name }) => /Connection|Timeout/.test(name));
}

interface Said {
  readonly name: string;
  readonly type: string;
  readonly message: string;
}

/** kafkajs wraps what happened in up to three errors. */
function causes(error: unknown): Said[] {
  const chain: Said[] = [];
  for (let each = error; each instanceof Error && chain.length < 5; each = each.cause) {
    const type = 'type' in each && typeof each.type === 'string' ? each.type : '';
    chain.push({ name: each.name, type, message: each.message });
  }
  return chain;
}

/** Error codes of single partitions in answers, as the Kafka protocol numbers them. */
export const partitionError = {
  none: 0,
  offsetOutOfRange: 1,
  unknownTopicOrPartition: 3,
} as const;

import { parseArgs } from 'node:util';
import { defaultKafka, kafkaRelease } from './kafka-jars.js';
import { type ServiceName, serviceNames } from './state.js';

export const usage = `npm run services -- <command>
  up [redis] [redis-cluster] [kafka] [mongo] [postgres] [chromium]
                               start what does not run yet (default: redis kafka)
     --kafka-version 3.9          4 (default), 3.9 or x.y.z
     --kafka-brokers 3            1 (default) or 3
  down [redis] [kafka]            stop it and delete its data (default: all)
  status                          one line per service; exit code 3 when one does not answer
  env                             NAME=value lines of what runs`;

export interface Command {
  readonly verb: 'up' | 'down' | 'status' | 'env';
  readonly services: readonly ServiceName[];
  readonly kafka: KafkaWish;
}

export interface KafkaWish {
  readonly version: string;
  readonly brokers: number;
  /** False: nothing was asked for, so a running Kafka of any kind will do. */
  readonly explicit: boolean;
}

/** The command line was not understood; shown with the usage. */
export class UsageError extends Error {}

export function parseCommand(argv: readonly string[]): Command {
  const { values, positionals } = parse(argv);
  const [verb, ...names] = positionals;
  if (verb !== 'up' && verb !== 'down' && verb !== 'status' && verb !== 'env') {
    throw new UsageError(verb === undefined ? 'no command' : `unknown command ${verb}`);
  }
  const services = names.map(serviceName);
  const version = values['kafka-version'];
  const brokers = values['kafka-brokers'];
  if (brokers !== undefined && brokers !== '1' && brokers !== '3') {
    throw new UsageError('--kafka-brokers is 1 or 3');
  }
  return {
    verb,
    services: services.length > 0 ? services : verb === 'up' ? ['redis', 'kafka'] : serviceNames,
    kafka: {
      version: release(version ?? defaultKafka),
      brokers: Number(brokers ?? 1),
      explicit: version !== undefined || brokers !== undefined,
    },
  };
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: { 'kafka-version': { type: 'string' }, 'kafka-brokers': { type: 'string' } },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function release(version: string): string {
  try {
    return kafkaRelease(version);
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function serviceName(name: string): ServiceName {
  const known = serviceNames.find((each) => each === name);
  if (known === undefined) throw new UsageError(`unknown service ${name}`);
  return known;
}

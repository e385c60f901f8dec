import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { runDir } from './paths.js';
import type { ProcessIdentity } from './process-identity.js';
import type { StopSignal } from './stop-process.js';

export const serviceNames = [
  'redis',
  'redis-cluster',
  'kafka',
  'mongo',
  'postgres',
  'chromium',
] as const;
export type ServiceName = (typeof serviceNames)[number];

/** Where a service came from: an address we were given, a container, or a program we started. */
const origins = ['environment', 'docker', 'programs'] as const;
type Origin = (typeof origins)[number];

export interface RecordedProcess extends ProcessIdentity {
  readonly log: string;
  readonly stopSignal?: StopSignal;
}

/** What is remembered of a service between two commands. */
export interface ServiceRecord {
  readonly name: ServiceName;
  readonly origin: Origin;
  /** What `env` prints of it. */
  readonly env: { readonly name: string; readonly value: string };
  /** Version and size, as asked for: another wish replaces the service. */
  readonly wish: string;
  readonly processes: readonly RecordedProcess[];
}

const stateFile = join(runDir, 'state.json');

export function readState(file = stateFile): ServiceRecord[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return [];
  }
  return parseState(text);
}

export function writeState(records: readonly ServiceRecord[], file = stateFile): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify({ services: records }, undefined, 2)}\n`);
}

/** Refuses a text that this program did not write: pids in it would be killed. */
export function parseState(text: string): ServiceRecord[] {
  const state: unknown = JSON.parse(text);
  const services = isObject(state) ? state.services : undefined;
  if (!Array.isArray(services) || !services.every(isRecord)) {
    throw new Error('the state file is not one of ours; stop the services by hand and delete it');
  }
  return services;
}

function isRecord(value: unknown): value is ServiceRecord {
  return (
    isObject(value) &&
    serviceNames.some((name) => name === value.name) &&
    origins.some((origin) => origin === value.origin) &&
    typeof value.wish === 'string' &&
    isObject(value.env) &&
    typeof value.env.name === 'string' &&
    typeof value.env.value === 'string' &&
    Array.isArray(value.processes) &&
    value.processes.every(isProcess)
  );
}

function isProcess(value: unknown): value is RecordedProcess {
  return (
    isObject(value) &&
    Number.isSafeInteger(value.pid) &&
    Number(value.pid) > 1 &&
    typeof value.startTime === 'string' &&
    typeof value.log === 'string' &&
    [undefined, 'SIGINT', 'SIGTERM'].some((signal) => signal === value.stopSignal)
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The root of the repository. */
export const repoDir = fileURLToPath(new URL('../../', import.meta.url));

/** Each clone of the repository gets containers and folders of its own. */
export const cloneName = `realtime-notify-${createHash('sha256').update(repoDir).digest('hex').slice(0, 8)}`;

const servicesDir = join(repoDir, '.services');

/** Downloads; survives `down`. */
export const cacheDir = join(servicesDir, 'cache');

/** Data, logs and state of what runs; emptied by `up` and `down`. */
export const runDir = join(servicesDir, 'run');

/** Held by the command that is changing what runs. */
export const lockFile = join(servicesDir, 'lock');

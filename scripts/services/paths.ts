import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The root of the repository. */
export const repoDir = fileURLToPath(new URL('../../', import.meta.url));

const servicesDir = join(repoDir, '.services');

/** Downloads; survives `down`. */
export const cacheDir = join(servicesDir, 'cache');

/** Data, logs and state of what runs; emptied by `up` and `down`. */
export const runDir = join(servicesDir, 'run');

/** Held by the command that is changing what runs. */
export const lockFile = join(servicesDir, 'lock');

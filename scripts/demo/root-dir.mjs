import { fileURLToPath } from 'node:url';

/** The root of the repository. */
export const rootDir = fileURLToPath(new URL('../../', import.meta.url));

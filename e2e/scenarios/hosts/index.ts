import { expressHost } from './express.js';
import type { Host } from './host.js';
import { koaHost } from './koa.js';
import { nestOnExpress, nestOnFastify } from './nest.js';
import { nodeHttp } from './node-http.js';

/** Every host that we have a mount for. */
export const hosts: readonly Host[] = [
  nodeHttp,
  expressHost,
  koaHost,
  nestOnExpress,
  nestOnFastify,
];

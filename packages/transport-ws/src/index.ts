export { attachWebSockets, subprotocol } from './attach-web-sockets.js';
export { closeCodes } from './rn-v1/close-codes.js';
export type { WsOptions } from './ws-options.js';

export { jwtAuthenticator } from './jwt-authenticator.js';
export type { Algorithm, JwtAuthenticatorOptions } from './jwt-options.js';

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { OriginPolicy } from './origin-policy.js';

/**
 * Lets the page that asked read the answer, where its origin is allowed. A host that has set its own CORS
 * headers before has decided itself; then nothing is changed.
 */
export function allowOrigin(
  origins: OriginPolicy,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  if (response.headersSent || response.hasHeader('Access-Control-Allow-Origin')) return;
  for (const [name, value] of Object.entries(origins.corsHeaders(request.headers))) {
    if (name === 'Vary') response.appendHeader(name, value);
    else response.setHeader(name, value);
  }
}

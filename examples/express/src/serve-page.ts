import { fileURLToPath } from 'node:url';
import express, { type RequestHandler } from 'express';

const pageDir = fileURLToPath(new URL('../page', import.meta.url));

/** Serves the page, which may load from and talk to this server only. */
export function servePage(): RequestHandler {
  return express.static(pageDir, {
    setHeaders: (response) => {
      response.setHeader(
        'Content-Security-Policy',
        "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'",
      );
      response.setHeader('X-Content-Type-Options', 'nosniff');
    },
  });
}

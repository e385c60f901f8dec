import { readdirSync, readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';

const pageDir = new URL('../page/', import.meta.url);
const types: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
};

/**
 * Makes what serves the page, which may load from and talk to its own server only; it returns false where
 * the request is for something else.
 */
export function servePage(): (request: IncomingMessage, response: ServerResponse) => boolean {
  const files = new Map(
    readdirSync(pageDir).map((name) => [
      name === 'index.html' ? '/' : `/${name}`,
      { type: types[extname(name)], body: readFileSync(new URL(name, pageDir)) },
    ]),
  );
  files.set('/client.js', { type: types['.js'], body: clientModule() });
  return (request, response) => {
    const file = files.get(request.url?.split('?', 1)[0] ?? '');
    if (file === undefined || !['GET', 'HEAD'].includes(request.method ?? '')) return false;
    response.writeHead(200, {
      'Content-Type': file.type,
      'Content-Length': file.body.length,
      'Content-Security-Policy': "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'",
      'X-Content-Type-Options': 'nosniff',
    });
    response.end(file.body);
    return true;
  };
}

/** The page's `client.js` with what it imports, made from source. */
function clientModule(): Buffer<ArrayBuffer> {
  const { outputFiles } = buildSync({
    entryPoints: [fileURLToPath(new URL('client.js', pageDir))],
    bundle: true,
    format: 'esm',
    conditions: ['@realtime-notify/source'],
    write: false,
  });
  return Buffer.from(outputFiles[0]?.contents ?? []);
}

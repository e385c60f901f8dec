import { listenOverSse } from './listen-sse.js';
import { listenOverWs } from './listen-ws.js';
import { listOf, readOptions } from './options.js';
import { defaultUrl, demoToken } from './server.js';
import { UsageError } from './usage.js';

/** Prints a JSON line per event, until the server will have no more of us. */
export async function listen(args: string[]): Promise<void> {
  const options = readOptions(args, {
    url: { type: 'string', default: defaultUrl },
    user: { type: 'string', default: 'u1' },
    groups: { type: 'string' },
    transport: { type: 'string', default: 'sse' },
    cursor: { type: 'string' },
    token: { type: 'string' },
  });
  const groups = options.groups === undefined ? [] : listOf('groups', options.groups);
  const token = options.token ?? (await demoToken(options.url, options.user, groups));
  const request = { base: options.url, token, groups, cursor: options.cursor };
  if (options.transport === 'sse') await listenOverSse(request, printLine);
  else if (options.transport === 'ws') await listenOverWs(request, printLine);
  else throw new UsageError('--transport is sse or ws');
}

function printLine(event: object): void {
  process.stdout.write(`${JSON.stringify(event)}\n`);
}

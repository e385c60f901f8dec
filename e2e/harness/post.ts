import { Agent, type IncomingMessage, request } from 'node:http';

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

const patienceMs = 15_000;
// Given up before the server does it after 5 s, so that no request goes to a connection that is ending.
const agent = new Agent({ keepAlive: true, timeout: 4_000 });

/**
 * Sends JSON and reads JSON; `body` is sent as it stands where it is text. On bare `node:http`: tests
 * publish hundreds of times in a second, and `fetch` would take more CPU than the server.
 */
export function post(base: string, path: string, body: unknown): Promise<Answer> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const asked = request(new URL(path, base), {
      method: 'POST',
      agent,
      headers: { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) },
    });
    const patience = setTimeout(
      () => asked.destroy(new Error(`no answer to ${path} in ${patienceMs} ms`)),
      patienceMs,
    );
    asked.on('close', () => clearTimeout(patience));
    asked.on('error', reject);
    asked.on('response', (response) => answerOf(response).then(resolve, reject));
    asked.end(text);
  });
}

async function answerOf(response: IncomingMessage): Promise<Answer> {
  response.setEncoding('utf8');
  let text = '';
  for await (const part of response) text += part;
  return { status: response.statusCode ?? 0, body: text === '' ? undefined : JSON.parse(text) };
}

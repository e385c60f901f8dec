/** Where the server is unless told otherwise. */
export const defaultUrl = 'http://127.0.0.1:3000';

/** Posts JSON and resolves with the answer's JSON; rejects with what the server refuses it for. */
export async function post(base: string, path: string, body: unknown): Promise<unknown> {
  const response = await fetch(new URL(path, base), {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${path} was answered ${response.status}: ${text}`);
  return JSON.parse(text);
}

/** A token of the demonstration route. */
export async function demoToken(
  base: string,
  user: string,
  groups: readonly string[],
): Promise<string> {
  const answer = await post(base, '/demo/token', { user, groups });
  if (typeof answer === 'object' && answer !== null && 'token' in answer) {
    return String(answer.token);
  }
  throw new Error('/demo/token gave no token');
}

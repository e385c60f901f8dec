import { createInterface } from 'node:readline';

/** The ids of users: u1, u2 ... where a number is given, else the lines of standard input. */
export async function* recipients(
  users: number | undefined,
  signal: AbortSignal,
): AsyncGenerator<string> {
  if (users === undefined) {
    for await (const line of createInterface({ input: process.stdin, signal })) {
      if (line !== '') yield line;
    }
    return;
  }
  for (let n = 1; n <= users && !signal.aborted; n += 1) yield `u${n}`;
}

import { createHash } from 'node:crypto';

/** A Lua program that Redis runs as one indivisible step. */
export interface Script {
  readonly source: string;
  readonly sha: string;
}

export function script(source: string): Script {
  return { source, sha: createHash('sha1').update(source).digest('hex') };
}

import { isNestedDeeper } from '../json-depth.js';

/** What comes after us walks through the data level by level, on the stack. */
const maxDepth = 100;

const decoder = new TextDecoder('utf-8', { fatal: true });

/** The value of JSON text in UTF-8. Throws where it is none, or nested too deep. */
export function decodeJson(bytes: Buffer): unknown {
  const text = decoder.decode(bytes);
  if (isNestedDeeper(text, maxDepth)) throw new Error(`nested more than ${maxDepth} levels deep`);
  return JSON.parse(text);
}

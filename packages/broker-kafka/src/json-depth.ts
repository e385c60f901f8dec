const quote = 0x22;
const backslash = 0x5c;

/**
 * Whether JSON text nests arrays and objects more than `maxDepth` levels deep. Looks at the text, so
 * that nothing deep is built first; of text that is not JSON it may say either.
 */
export function isNestedDeeper(text: string, maxDepth: number): boolean {
  let depth = 0;
  let inText = false;
  for (let at = 0; at < text.length; at += 1) {
    const char = text.charCodeAt(at);
    if (inText) {
      if (char === backslash) at += 1;
      else if (char === quote) inText = false;
    } else if (char === quote) {
      inText = true;
    } else if (char === 0x5b || char === 0x7b) {
      depth += 1;
      if (depth > maxDepth) return true;
    } else if (char === 0x5d || char === 0x7d) {
      depth -= 1;
    }
  }
  return false;
}

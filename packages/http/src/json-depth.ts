/**
 * Whether arrays and objects are nested more than `maxDepth` levels deep. Looks level by level instead of
 * calling itself, because it is to find what would exhaust the stack of those that do.
 */
export function isDeeperThan(value: unknown, maxDepth: number): boolean {
  let level = nested([value]);
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth >= maxDepth) return true;
    level = nested(level.flatMap((each) => Object.values(each)));
  }
  return false;
}

function nested(values: readonly unknown[]): readonly object[] {
  return values.filter((value) => typeof value === 'object' && value !== null);
}

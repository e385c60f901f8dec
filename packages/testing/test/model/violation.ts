/** A promise that was not kept. */
export class Violation extends Error {
  override readonly name = 'Violation';
}

/** @throws Violation */
export function violated(what: string): never {
  throw new Violation(what);
}

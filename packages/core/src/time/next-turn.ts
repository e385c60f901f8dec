/** Resolves in the next turn of the event loop: others get theirs before, whatever the caller has left to do. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

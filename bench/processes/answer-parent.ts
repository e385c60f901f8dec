/** Answers each command of the parent with what `answer` gives; a failure is told, not thrown. */
export function answerParent<Command>(answer: (command: Command) => Promise<unknown>): void {
  process.on('message', (command: Command) => {
    answer(command).then(tell, tellFailure);
  });
  // A parent that died must not leave its children behind.
  process.once('disconnect', () => process.exit());
}

/** Says something that was not asked for. */
export function tell(answer: unknown = 'done'): void {
  process.send?.({ answer });
}

export function tellFailure(error: unknown): void {
  process.send?.({ failure: error instanceof Error ? error.message : String(error) });
}

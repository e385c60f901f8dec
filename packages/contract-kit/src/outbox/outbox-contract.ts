import { describe } from 'vitest';
import { ClauseBook, inOrder } from '../clause-book.js';
import { outboxClauses } from '../clauses.js';
import { committingTheme } from './committing.theme.js';
import { endingTheme } from './ending.theme.js';
import { lossTheme } from './loss.theme.js';
import { modelTheme } from './model.theme.js';
import { orderTheme } from './order.theme.js';
import { OutboxBench, type OutboxContract } from './outbox-harness.js';
import { relayingTheme } from './relaying.theme.js';
import { watchingTheme } from './watching.theme.js';

/** Registers the behaviour suite that every Outbox must pass, on vitest. */
export function outboxContract(contract: OutboxContract): void {
  describe(`Outbox contract: ${contract.name}`, inOrder, () => {
    const book = new ClauseBook(outboxClauses);
    const theme = { book, bench: new OutboxBench(contract) };
    committingTheme(theme);
    relayingTheme(theme);
    orderTheme(theme);
    watchingTheme(theme);
    modelTheme(theme);
    lossTheme(theme);
    endingTheme(theme);
    book.closing();
  });
}

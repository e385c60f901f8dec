import { describe } from 'vitest';
import { ClauseBook, inOrder } from '../clause-book.js';
import { inboxClauses } from '../clauses.js';
import { InboxBench, type InboxContract } from './inbox-harness.js';
import { listingTheme } from './listing.theme.js';
import { markingTheme } from './marking.theme.js';
import { modelTheme } from './model.theme.js';

/**
 * Registers the behaviour suite of inboxes over a Store, on vitest: a store that passes `storeContract` passes this,
 * too, and what it keeps to itself shows here.
 */
export function inboxContract(contract: InboxContract): void {
  describe(`Inbox contract: ${contract.name}`, inOrder, () => {
    const book = new ClauseBook(inboxClauses);
    const theme = { book, bench: new InboxBench(contract) };
    listingTheme(theme);
    markingTheme(theme);
    modelTheme(theme);
    book.closing();
  });
}

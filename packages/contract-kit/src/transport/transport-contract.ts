import { describe } from 'vitest';
import { ClauseBook, inOrder } from '../clause-book.js';
import { transportClauses } from '../clauses.js';
import { endingTheme } from './ending.theme.js';
import { resumingTheme } from './resuming.theme.js';
import { showingTheme } from './showing.theme.js';
import { TransportBench, type TransportContract } from './transport-harness.js';

/** Registers the behaviour suite that every transport must pass, on vitest. */
export function transportContract(contract: TransportContract): void {
  describe(`Transport contract: ${contract.name}`, inOrder, () => {
    const book = new ClauseBook(transportClauses);
    const theme = { book, bench: new TransportBench(contract) };
    showingTheme(theme);
    resumingTheme(theme);
    endingTheme(theme);
    book.closing();
  });
}

import { describe } from 'vitest';
import { ClauseBook, inOrder } from '../clause-book.js';
import { writeBackClauses } from '../clauses.js';
import { againTheme } from './again.theme.js';
import { endingTheme } from './ending.theme.js';
import { keepingTheme } from './keeping.theme.js';
import { orderTheme } from './order.theme.js';
import { turnTheme } from './turn.theme.js';
import { WriteBackBench, type WriteBackContract } from './write-back-harness.js';

/** Registers the behaviour suite that every WriteBackLog must pass, on vitest. */
export function writeBackContract(contract: WriteBackContract): void {
  describe(`WriteBackLog contract: ${contract.name}`, inOrder, () => {
    const book = new ClauseBook(writeBackClauses);
    const theme = { book, bench: new WriteBackBench(contract) };
    keepingTheme(theme);
    orderTheme(theme);
    againTheme(theme);
    turnTheme(theme);
    endingTheme(theme);
    book.closing();
  });
}

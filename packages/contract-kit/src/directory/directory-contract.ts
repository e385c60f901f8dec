import { describe } from 'vitest';
import { ClauseBook, inOrder } from '../clause-book.js';
import { directoryClauses } from '../clauses.js';
import { DirectoryBench, type DirectoryContract } from './directory-harness.js';
import { endingTheme } from './ending.theme.js';
import { entriesTheme } from './entries.theme.js';
import { lossTheme } from './loss.theme.js';

/** Registers the behaviour suite that every Directory must pass, on vitest. */
export function directoryContract(contract: DirectoryContract): void {
  describe(`Directory contract: ${contract.name}`, inOrder, () => {
    const book = new ClauseBook(directoryClauses);
    const theme = { book, bench: new DirectoryBench(contract) };
    entriesTheme(theme);
    lossTheme(theme);
    endingTheme(theme);
    book.closing();
  });
}

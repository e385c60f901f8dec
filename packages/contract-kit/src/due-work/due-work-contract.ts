import { describe } from 'vitest';
import { ClauseBook, inOrder } from '../clause-book.js';
import { dueWorkClauses } from '../clauses.js';
import { DueWorkBench, type DueWorkContract } from './due-work-harness.js';
import { endingTheme } from './ending.theme.js';
import { leasingTheme } from './leasing.theme.js';
import { modelTheme } from './model.theme.js';
import { takingTheme } from './taking.theme.js';

/** Registers the behaviour suite that every DueWork must pass, on vitest. */
export function dueWorkContract(contract: DueWorkContract): void {
  describe(`DueWork contract: ${contract.name}`, inOrder, () => {
    const book = new ClauseBook(dueWorkClauses);
    const theme = { book, bench: new DueWorkBench(contract) };
    takingTheme(theme);
    leasingTheme(theme);
    modelTheme(theme);
    endingTheme(theme);
    book.closing();
  });
}

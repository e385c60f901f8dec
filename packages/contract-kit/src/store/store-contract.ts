import { describe } from 'vitest';
import { ClauseBook, inOrder } from '../clause-book.js';
import { storeClauses } from '../clauses.js';
import { appendTheme } from './append.theme.js';
import { awayTheme } from './away.theme.js';
import { epochTheme } from './epoch.theme.js';
import { idempotencyTheme } from './idempotency.theme.js';
import { lifecycleTheme } from './lifecycle.theme.js';
import { modelTheme } from './model.theme.js';
import { predecessorTheme } from './predecessor.theme.js';
import { readingTheme } from './reading.theme.js';
import { retentionTheme } from './retention.theme.js';
import { stateTheme } from './state.theme.js';
import { StoreBench, type StoreContract } from './store-harness.js';
import { trimmingTheme } from './trimming.theme.js';

/** Registers the behaviour suite that every Store must pass, on vitest. */
export function storeContract(contract: StoreContract): void {
  describe(`Store contract: ${contract.name}`, inOrder, () => {
    const book = new ClauseBook(storeClauses);
    const theme = { book, bench: new StoreBench(contract) };
    appendTheme(theme);
    idempotencyTheme(theme);
    readingTheme(theme);
    trimmingTheme(theme);
    retentionTheme(theme);
    epochTheme(theme);
    predecessorTheme(theme);
    stateTheme(theme);
    modelTheme(theme);
    awayTheme(theme);
    lifecycleTheme(theme);
    book.closing();
  });
}

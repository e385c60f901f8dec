import { describe } from 'vitest';
import { ClauseBook, inOrder } from '../clause-book.js';
import { storeOutageClauses } from '../clauses.js';
import { linkTheme } from './link.theme.js';
import { silenceTheme } from './silence.theme.js';
import { StoreOutageBench, type StoreOutageContract } from './store-outage-harness.js';
import { trafficTheme } from './traffic.theme.js';

/** Registers the suite of what every Store over a network must make of an outage of its server, on vitest. */
export function storeOutageContract(contract: StoreOutageContract): void {
  describe(`Store outage contract: ${contract.name}`, inOrder, () => {
    const book = new ClauseBook(storeOutageClauses);
    const theme = { book, bench: new StoreOutageBench(contract) };
    silenceTheme(theme);
    trafficTheme(theme);
    linkTheme(theme);
    book.closing();
  });
}

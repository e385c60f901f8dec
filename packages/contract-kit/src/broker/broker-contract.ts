import { describe } from 'vitest';
import { ClauseBook, inOrder } from '../clause-book.js';
import { brokerClauses } from '../clauses.js';
import { BrokerBench, type BrokerContract } from './broker-harness.js';
import { carryingTheme } from './carrying.theme.js';
import { closingTheme } from './closing.theme.js';
import { directedTheme } from './directed.theme.js';
import { outageTheme } from './outage.theme.js';
import { publishOnlyTheme } from './publish-only.theme.js';
import { routingTheme } from './routing.theme.js';

/** Registers the behaviour suite that every Broker must pass, on vitest. */
export function brokerContract(contract: BrokerContract): void {
  describe(`Broker contract: ${contract.name}`, inOrder, () => {
    const book = new ClauseBook(brokerClauses);
    const theme = { book, bench: new BrokerBench(contract) };
    carryingTheme(theme);
    routingTheme(theme);
    directedTheme(theme);
    outageTheme(theme);
    publishOnlyTheme(theme);
    closingTheme(theme);
    book.closing();
  });
}

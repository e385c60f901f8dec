import { describe } from 'vitest';
import { ClauseBook } from '../../../src/clause-book.js';

describe('a suite that has forgotten a clause', () => {
  const book = new ClauseBook({ X1: { sentence: 'first' }, X2: { sentence: 'second' } });
  book.clause('X1', 'is tested', async () => {});
  book.closing();
});

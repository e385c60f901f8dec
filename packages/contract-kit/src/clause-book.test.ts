import { expect, test } from 'vitest';
import { ClauseBook } from './clause-book.js';

const table = {
  X1: { sentence: 'first' },
  X2: { sentence: 'second', opposite: 'not second' },
};

test('a clause that was never run is missing, with its sentence', async () => {
  const book = new ClauseBook(table);
  expect(book.missing()).toEqual(['X1 first', 'X2 second']);
  await book.run('X2', async () => {});
  expect(book.missing()).toEqual(['X1 first']);
});

test('a clause whose test failed was still run: the failure is reported once', async () => {
  const book = new ClauseBook(table);
  const failing = book.run('X1', async () => {
    throw new Error('red');
  });
  await expect(failing).rejects.toThrow('red');
  expect(book.missing()).toEqual(['X2 second']);
});

test('a capability needs an opposite in the table', () => {
  const book = new ClauseBook(table);
  const bodies = { present: async () => {}, absent: async () => {} };
  expect(() => book.capability('X1', true, bodies)).toThrow('clause X1 has no opposite');
});

test('a clause for which no test is registered fails before anything runs', () => {
  const book = new ClauseBook(table);
  expect(() => book.closing()).toThrow('no test is registered: X1 first; X2 second');
});

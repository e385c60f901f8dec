import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import {
  brokerClauses,
  directoryClauses,
  dueWorkClauses,
  outboxClauses,
  storeClauses,
  writeBackClauses,
} from './clauses.js';

test.each([
  ['broker', /^ \* (B\d+) /gm, brokerClauses],
  ['directory', /^ \* (D\d+) /gm, directoryClauses],
  ['due-work', /^ \* (W\d+) /gm, dueWorkClauses],
  ['outbox', /^ \* (O\d+) /gm, outboxClauses],
  ['store', /^ \* (S\d+) /gm, storeClauses],
  ['write-back-log', /^ \* (L\d+) /gm, writeBackClauses],
])('the promises numbered over the %s port are its numbered clauses', async (port, id, clauses) => {
  const file = new URL(`../../core/src/ports/${port}.ts`, import.meta.url);
  const promised = [...(await readFile(file, 'utf8')).matchAll(id)].map((match) => match[1]);
  expect(promised).toEqual(Object.keys(clauses).filter((name) => /^[A-Z]\d+$/.test(name)));
});

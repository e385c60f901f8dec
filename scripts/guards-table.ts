// Writes docs/guards.md from the tables of guards and the titles of the tests; a test compares the two.
import { writeFileSync } from 'node:fs';
import { guardsPage } from './guards-page.js';

writeFileSync(new URL('../docs/guards.md', import.meta.url), guardsPage());

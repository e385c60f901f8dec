// Writes docs/limits.md from the table of limits; a test compares the two.
import { writeFileSync } from 'node:fs';
import { limitsPage } from './limits-page.js';

writeFileSync(new URL('../docs/limits.md', import.meta.url), limitsPage());

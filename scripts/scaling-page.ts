// Writes the figures of docs/scaling.md from the simulation; a test compares the two.
import { readFileSync, writeFileSync } from 'node:fs';
import { withFigures } from './scaling-figures.js';

const page = new URL('../docs/scaling.md', import.meta.url);
writeFileSync(page, withFigures(readFileSync(page, 'utf8')));

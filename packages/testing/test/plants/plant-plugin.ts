import { join } from 'node:path';
import type { Plugin } from 'vitest/config';
import { type Edit, plants } from './plants.js';

const workspace = join(import.meta.dirname, '../../../..');

/**
 * Plants a fault into the source as it is loaded; nothing on the disk is touched.
 * @throws RangeError for a number that is none
 */
export function plantPlugin(number: string): Plugin {
  const plant = plants.get(number);
  if (plant === undefined) throw new RangeError(`PLANT is 1 to ${plants.size}, not ${number}`);
  return {
    name: `plant ${number}: ${plant.why}`,
    enforce: 'pre',
    transform(code, id) {
      const edits = plant.edits.filter(({ file }) => join(workspace, file) === id);
      return edits.length === 0 ? undefined : { code: edits.reduce(edited, code), map: null };
    },
  };
}

function edited(code: string, { file, find, replace }: Edit): string {
  const [before, after, ...more] = code.split(find);
  if (before === undefined || after === undefined || more.length > 0) {
    throw new Error(`the text to plant a fault at is not in ${file} exactly once:\n${find}`);
  }
  return before + replace + after;
}

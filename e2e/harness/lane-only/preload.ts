import { register } from 'node:module';

// The program loaded next is given `core.ts` for core: what reaches its streams then came by the broker's
// lane. Without that it would come all the same, found in the store by the position check.
register('./hooks.mjs', import.meta.url);

// Not to be taken for such a run where the program got its core in another way.
process.once('exit', () => {
  if (process.env.LANE_ONLY !== 'yes') process.exitCode = 1;
});

// pnpm bench fanout|unicast|idle|connect|audience|scaling|inbox; see settings.ts for the environment's knobs.
import { audience } from './benches/audience.js';
import { connect } from './benches/connect.js';
import { fanout } from './benches/fanout.js';
import { idle } from './benches/idle.js';
import { unicast } from './benches/unicast.js';
import { inbox } from './inbox/inbox.js';
import { run } from './run.js';
import { scaling } from './scaling/scaling.js';

const benches = [fanout, unicast, idle, connect, audience];
/** Those that are not about clients. */
const others = new Map([
  ['scaling', scaling],
  ['inbox', inbox],
]);
const name = process.argv[2] ?? '';
const bench = benches.find((each) => each.name === name);
const measure = bench === undefined ? others.get(name) : () => run(bench);
if (measure === undefined) {
  const names = [...benches.map((each) => each.name), ...others.keys()];
  process.stderr.write(`pnpm bench ${names.join('|')}\n`);
  process.exitCode = 2;
} else {
  await measure().catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  });
}

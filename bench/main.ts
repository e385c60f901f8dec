// pnpm bench fanout|unicast|idle|connect|audience; see settings.ts for the environment's knobs.
import { audience } from './benches/audience.js';
import { connect } from './benches/connect.js';
import { fanout } from './benches/fanout.js';
import { idle } from './benches/idle.js';
import { unicast } from './benches/unicast.js';
import { run } from './run.js';

const benches = [fanout, unicast, idle, connect, audience];
const bench = benches.find(({ name }) => name === process.argv[2]);
if (bench === undefined) {
  process.stderr.write(`pnpm bench ${benches.map(({ name }) => name).join('|')}\n`);
  process.exitCode = 2;
} else {
  await run(bench).catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  });
}

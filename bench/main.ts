// pnpm bench fanout|unicast|idle|connect|audience|scaling; see settings.ts for the environment's knobs.
import { audience } from './benches/audience.js';
import { connect } from './benches/connect.js';
import { fanout } from './benches/fanout.js';
import { idle } from './benches/idle.js';
import { unicast } from './benches/unicast.js';
import { run } from './run.js';
import { scaling } from './scaling/scaling.js';

const benches = [fanout, unicast, idle, connect, audience];
const name = process.argv[2];
const bench = benches.find((each) => each.name === name);
if (bench === undefined && name !== 'scaling') {
  process.stderr.write(`pnpm bench ${benches.map((each) => each.name).join('|')}|scaling\n`);
  process.exitCode = 2;
} else {
  await (bench === undefined ? scaling() : run(bench)).catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  });
}

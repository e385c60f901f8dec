// pnpm bench fanout
const benches: Readonly<Record<string, () => Promise<unknown>>> = {
  fanout: () => import('./fanout/main.js'),
};
const bench = benches[process.argv[2] ?? ''];
if (bench === undefined) {
  process.stderr.write(`pnpm bench ${Object.keys(benches).join('|')}\n`);
  process.exitCode = 2;
} else {
  await bench();
}

// pnpm bench fanout: server CPU per delivery of one notification to many clients, ours beside what one
// would write by hand, in interleaved rounds of the same run.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';

const connections = Number(process.env.CONNECTIONS ?? 1_000);
const rounds = Number(process.env.ROUNDS ?? 5);
const ticks = { 1: Number(process.env.TICKS ?? 200), 100: 8 } as const;

interface Message {
  readonly port?: number;
  readonly open?: number;
  readonly received?: number;
  readonly cpuMicroseconds?: number;
}

async function reply(child: ChildProcess): Promise<Message> {
  const [message]: Message[] = await once(child, 'message');
  return message ?? {};
}

async function cpuOf(server: ChildProcess): Promise<number> {
  server.send({ cpu: true });
  return (await reply(server)).cpuMicroseconds ?? Number.NaN;
}

/** Server CPU microseconds per delivery, by messages per tick. */
async function measure(name: string): Promise<Map<number, number>> {
  const spawn = (file: string, args: string[]): ChildProcess =>
    fork(new URL(file, import.meta.url), args, { execArgv: process.execArgv });
  const server = spawn('server.ts', [name]);
  const { port } = await reply(server);
  const load = spawn('load.ts', [
    String(port),
    String(connections),
    name.includes('ws') ? 'ws' : 'sse',
  ]);
  await reply(load);
  const run = async (burst: number): Promise<void> => {
    load.send({ expect: burst * connections });
    server.send({ broadcast: burst });
    await reply(load);
  };
  const figures = new Map<number, number>();
  for (const [burst, count] of Object.entries(ticks)) {
    // Hot code is compared: the first hundred or so sends are several times dearer.
    for (let warm = 0; warm < Math.max(3, 100 / Number(burst)); warm += 1) await run(Number(burst));
    const before = await cpuOf(server);
    for (let tick = 0; tick < count; tick += 1) await run(Number(burst));
    figures.set(
      Number(burst),
      ((await cpuOf(server)) - before) / (count * Number(burst) * connections),
    );
  }
  load.kill();
  server.kill();
  return figures;
}

const names = (process.env.VARIANTS ?? 'ws-naive,ours-ws,sse-raw,ours-sse').split(',');
const samples = new Map<string, number[]>();
for (let round = 0; round < rounds; round += 1) {
  for (const name of names) {
    for (const [burst, figure] of await measure(name)) {
      const key = `${name} ${burst}`;
      samples.set(key, [...(samples.get(key) ?? []), figure]);
    }
  }
}
const median = (key: string): number => {
  const sorted = [...(samples.get(key) ?? [])].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
};
const table = names.flatMap((name) =>
  Object.keys(ticks).map((burst) => {
    const base = name.includes('ws') ? 'ws-naive' : 'sse-raw';
    return {
      variant: name,
      'per tick': Number(burst),
      'server CPU us/delivery': median(`${name} ${burst}`).toFixed(3),
      'against by hand': (median(`${name} ${burst}`) / median(`${base} ${burst}`)).toFixed(3),
    };
  }),
);
console.table(table);

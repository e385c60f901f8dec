import { run } from './run.js';

const needed = ['redis', 'kafka', 'mongo', 'postgres', 'chromium'] as const;
const program = 'scripts/services/main.ts';

export interface TestServices {
  readonly ok: boolean;
  /** Their addresses. */
  readonly env: NodeJS.ProcessEnv;
  /** Ends what was started here; leaves alone what ran before. Idempotent. */
  down(): Promise<void>;
}

/** Brings up what does not run yet. */
export async function startTestServices(): Promise<TestServices> {
  const { ok, output } = await run('tsx', [program, 'up', ...needed]);
  const printed = await run('tsx', [program, 'env']);
  const addresses = [...printed.output.matchAll(/^([A-Z_]+)=(.+)$/gm)];
  let started = needed.filter((name) => new RegExp(`^${name}: ready,`, 'm').test(output));
  return {
    ok: ok && printed.ok,
    env: Object.fromEntries(addresses.map(([, name, value]) => [name, value])),
    async down() {
      const ours = started;
      started = [];
      if (ours.length > 0) await run('tsx', [program, 'down', ...ours]);
    },
  };
}

import { cloneName, repoDir } from './paths.js';
import { onPath, run } from './run.js';

/** What of compose.yaml belongs to each service. */
export const containers = {
  redis: ['redis'],
  'redis-cluster': ['redis-cluster'],
  kafka: ['kafka', 'kafka-1', 'kafka-2', 'kafka-3'],
  mongo: ['mongo'],
  postgres: ['postgres'],
} as const;

/** Whether a Docker engine with Compose answers; a `docker` program alone is not enough. */
export async function dockerRuns(): Promise<boolean> {
  if (onPath('docker') === undefined) return false;
  try {
    await run('docker', ['info'], { timeoutMs: 5_000 });
    await run('docker', ['compose', 'version'], { timeoutMs: 5_000 });
    return true;
  } catch {
    return false;
  }
}

/** Starts the containers of one profile of compose.yaml; `env` fills in its ports and versions. */
export async function composeUp(profile: string, env: Record<string, string>): Promise<void> {
  await compose(['--profile', profile, 'up', '--detach'], env);
}

/** Removes the containers and data of one service and all its profiles. */
export async function composeDown(service: keyof typeof containers): Promise<void> {
  const named = containers[service];
  await compose(['--profile', '*', 'rm', '--stop', '--force', '--volumes', ...named], {});
}

function compose(args: readonly string[], env: Record<string, string>): Promise<string> {
  return run('docker', ['compose', '--project-name', cloneName, ...args], {
    // The first start pulls the images.
    timeoutMs: 600_000,
    cwd: repoDir,
    env: { ...process.env, ...env },
  });
}

import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { unpackDebian } from './debian.js';
import { cacheDir } from './paths.js';
import { onPath, run } from './run.js';

/** The path of a Chromium that starts: on PATH, else unpacked from Debian behind a small script. */
export async function chromiumProgram(): Promise<string> {
  for (const name of ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']) {
    const installed = onPath(name);
    if (installed !== undefined) return installed;
  }
  const { root, env } = await unpackDebian('chromium');
  const program = join(cacheDir, 'bin', 'chromium');
  mkdirSync(join(cacheDir, 'bin'), { recursive: true });
  writeFileSync(program, wrapper(root, env.LD_LIBRARY_PATH));
  chmodSync(program, 0o755);
  return program;
}

/** Whether the program at this path runs at all. */
export async function chromiumStarts(program: string): Promise<boolean> {
  if (!existsSync(program)) return false;
  return /\d+\.\d+/.test(await run(program, ['--version'], { timeoutMs: 20_000 }));
}

/** As root Chromium refuses to start with its sandbox, and unpacked it has no setuid helper. */
function wrapper(root: string, libraries: string): string {
  return `#!/bin/sh
export LD_LIBRARY_PATH='${libraries}'
export XDG_DATA_DIRS='${root}/usr/share':"\${XDG_DATA_DIRS:-/usr/local/share:/usr/share}"
export CHROME_WRAPPER="$0"
if [ -d /etc/fonts ]; then :; else export FONTCONFIG_PATH='${root}/etc/fonts'; fi
exec '${root}/usr/lib/chromium/chromium' --no-sandbox --disable-dev-shm-usage "$@"
`;
}

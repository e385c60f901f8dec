import { execFile } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

export interface RunOptions {
  readonly timeoutMs: number;
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Whom it runs as. Default: us. */
  readonly user?: { readonly uid: number; readonly gid: number };
}

/** Runs a program to its end and gives its standard output; fails with the end of what it printed. */
export function run(
  command: string,
  args: readonly string[],
  options: RunOptions,
): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(
      command,
      args,
      {
        timeout: options.timeoutMs,
        killSignal: 'SIGKILL',
        maxBuffer: 32 * 1024 * 1024,
        ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
        ...(options.env === undefined ? {} : { env: options.env }),
        ...options.user,
      },
      (error, stdout, stderr) => {
        if (error === null) return resolve(stdout);
        const why = error.killed === true ? `not within ${options.timeoutMs} ms` : `${error.code}`;
        const said = `${stdout}\n${stderr}`.trim().split('\n').slice(-12).join('\n    ');
        // No cause: execFile's own message repeats all of the above.
        reject(new Error(`${command} ${args[0] ?? ''} failed (${why})\n    ${said}`));
      },
    );
  });
}

/** The full path of a program on PATH. */
export function onPath(program: string): string | undefined {
  for (const dir of (process.env.PATH ?? '').split(delimiter)) {
    if (dir === '') continue;
    const file = join(dir, program);
    try {
      accessSync(file, constants.X_OK);
      return file;
    } catch {
      // not in this folder
    }
  }
  return undefined;
}

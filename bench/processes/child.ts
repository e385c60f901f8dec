import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { canPin } from './can-pin.js';

const answerSchema = z.union([
  z.object({ failure: z.string() }),
  z.object({ answer: z.unknown() }),
]);

/** A process of the measurement, asked one thing at a time. */
export class Child<Command> {
  readonly #process: ChildProcess;
  #waiting: { resolve(answer: unknown): void; reject(error: Error): void } | undefined;
  #failure: Error | undefined;

  /**
   * Starts a file of this package with `args`; `core` is where it runs, if the machine lets us choose.
   * The first answer comes unasked: await it with {@link started}.
   */
  constructor(file: string, args: readonly string[], core: number) {
    const path = fileURLToPath(new URL(`../${file}`, import.meta.url));
    const node = [process.execPath, ...process.execArgv, path, ...args];
    const [program = process.execPath, ...rest] = canPin()
      ? ['taskset', '-c', String(core), ...node]
      : node;
    this.#process = spawn(program, rest, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    this.#process.on('message', (message) => this.#take(message));
    this.#process.once('error', (error) => this.#fail(error));
    this.#process.once('exit', () => this.#fail(new Error(`${file} ${args[0]} ended`)));
  }

  /** Resolves with what the process says when it has started. */
  started<Answer>(schema: z.ZodType<Answer>): Promise<Answer> {
    return this.#answer(schema);
  }

  /** Resolves with the answer, of the shape of `schema`; rejects as the process does, or when it ends. */
  ask<Answer>(command: Command, schema: z.ZodType<Answer>): Promise<Answer> {
    const answer = this.#answer(schema);
    this.#process.send(Object(command), (error) => error && this.#fail(error));
    return answer;
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const exited = once(this.#process, 'exit');
    this.#process.kill('SIGKILL');
    await exited;
  }

  async #answer<Answer>(schema: z.ZodType<Answer>): Promise<Answer> {
    const answer = await new Promise<unknown>((resolve, reject) => {
      if (this.#failure === undefined) this.#waiting = { resolve, reject };
      else reject(this.#failure);
    });
    return schema.parse(answer);
  }

  #take(message: unknown): void {
    const said = answerSchema.parse(message);
    if ('failure' in said) this.#fail(new Error(said.failure));
    else this.#waiting?.resolve(said.answer);
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#waiting?.reject(this.#failure);
  }
}

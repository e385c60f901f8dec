import type { Logger } from '../ports/logger.js';

/** Remembers what was said at which level. */
export class RecordingLogger implements Logger {
  readonly lines: {
    readonly level: keyof Logger;
    readonly facts: object;
    readonly message: string;
  }[] = [];

  messages(level: keyof Logger): readonly string[] {
    return this.lines.filter((line) => line.level === level).map(({ message }) => message);
  }

  debug(facts: object, message: string): void {
    this.lines.push({ level: 'debug', facts, message });
  }

  info(facts: object, message: string): void {
    this.lines.push({ level: 'info', facts, message });
  }

  warn(facts: object, message: string): void {
    this.lines.push({ level: 'warn', facts, message });
  }

  error(facts: object, message: string): void {
    this.lines.push({ level: 'error', facts, message });
  }
}

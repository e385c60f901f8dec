import { type ParseArgsConfig, parseArgs } from 'node:util';
import { UsageError } from './usage.js';

/** Reads options strictly. @throws UsageError */
export function readOptions<const Options extends NonNullable<ParseArgsConfig['options']>>(
  args: string[],
  options: Options,
) {
  try {
    return parseArgs({ args, options, allowPositionals: false }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

/** A whole number from 1. @throws UsageError */
export function countOf(text: string | undefined): number {
  if (text === undefined) return 1;
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new UsageError('--count is a whole number from 1');
  return Number(text);
}

/** A list `a,b,c`, or a JSON array for names with commas. @throws UsageError */
export function listOf(option: string, text: string): readonly string[] {
  const list: unknown = text.startsWith('[') ? parseJson(option, text) : text.split(',');
  if (!Array.isArray(list) || list.length === 0 || !list.every(isName)) {
    throw new UsageError(`--${option} is a,b,c or a JSON array of texts`);
  }
  return list;
}

/** @throws UsageError */
export function parseJson(option: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new UsageError(`--${option} is not JSON: ${text}`);
  }
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

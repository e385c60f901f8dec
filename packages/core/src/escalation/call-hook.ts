import type { EscalationCall, EscalationHook } from './escalation-options.js';

/** How a call ended. */
export type HookEnd =
  | { readonly end: 'done' }
  /** It rejected; or its time was up, and it is not known what it did. */
  | { readonly end: 'failed'; readonly cause: unknown; readonly isUnsure: boolean }
  /** This node is being closed. */
  | { readonly end: 'cut off' };

/** Calls a hook and waits no longer than it may take, whatever it does with its signal. Never rejects. */
export function callHook(
  hook: EscalationHook,
  call: Omit<EscalationCall, 'signal'>,
  { timeoutMs, closing }: { readonly timeoutMs: number; readonly closing: AbortSignal },
): Promise<HookEnd> {
  const ending = new AbortController();
  return new Promise((resolve) => {
    const settle = (end: HookEnd): void => {
      clearTimeout(timer);
      closing.removeEventListener('abort', cutOff);
      resolve(end);
      ending.abort();
    };
    const cutOff = (): void => settle({ end: 'cut off' });
    const timer = setTimeout(() => {
      const cause = new Error(`it took over ${timeoutMs} ms`);
      settle({ end: 'failed', cause, isUnsure: true });
    }, timeoutMs);
    closing.addEventListener('abort', cutOff);
    Promise.resolve({ ...call, signal: ending.signal })
      .then(hook)
      .then(
        () => settle({ end: 'done' }),
        (cause: unknown) => settle({ end: 'failed', cause, isUnsure: false }),
      );
  });
}

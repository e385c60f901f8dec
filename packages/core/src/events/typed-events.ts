import { EventEmitter as Emitter3 } from 'eventemitter3';

/** Event names to the one context object that their listeners get. */
export type EventMap = Readonly<Record<string, object>>;

/**
 * Typed events. A listener that throws or rejects stops neither the others nor the caller: its error goes to
 * `onListenerError`.
 */
export class TypedEvents<Events extends EventMap> {
  readonly #emitter = new Emitter3<Record<string, (context: object) => void>>();
  readonly #onListenerError: (error: unknown, event: string) => void;

  constructor(onListenerError: (error: unknown, event: string) => void) {
    this.#onListenerError = onListenerError;
  }

  /** Calls `listener` for each event of that name, until the function that is returned is called. */
  on<Name extends Extract<keyof Events, string>>(
    name: Name,
    listener: (context: Events[Name]) => unknown,
  ): () => void {
    const guarded = (context: Events[Name]): void => {
      try {
        const returned: unknown = listener(context);
        if (returned instanceof Promise) {
          returned.catch((error: unknown) => this.#onListenerError(error, name));
        }
      } catch (error) {
        this.#onListenerError(error, name);
      }
    };
    const registered = guarded as (context: object) => void;
    this.#emitter.on(name, registered);
    return () => {
      this.#emitter.off(name, registered);
    };
  }

  emit<Name extends Extract<keyof Events, string>>(name: Name, context: Events[Name]): void {
    this.#emitter.emit(name, context);
  }

  /** Forgets all listeners. */
  clear(): void {
    this.#emitter.removeAllListeners();
  }
}

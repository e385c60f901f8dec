import { type Collection, type Db, type DbOptions, type Document, MongoClient } from 'mongodb';

type Method = 'find' | 'insertMany' | 'deleteMany';

/** A client one call of which can be held up for as long as a test likes, like that of a process that was stopped. */
export class HangingClient extends MongoClient {
  readonly #changes: ((collection: Collection<Document>) => void)[] = [];

  /** Changes collections as they are made: before the store starts. */
  onCollection(change: (collection: Collection<Document>) => void): void {
    this.#changes.push(change);
  }

  override db(name?: string, options?: DbOptions): Db {
    const db = super.db(name, options);
    const changes = this.#changes;
    return new Proxy(db, {
      get(target, property) {
        if (property !== 'collection') return Reflect.get(target, property, target);
        return (collectionName: string) => {
          const collection = target.collection(collectionName);
          for (const change of changes) change(collection);
          return collection;
        };
      },
    });
  }

  /** Holds up the next call of `method` on the collection whose name ends so, once `arm` was called. */
  hold(ending: string, method: Method): Hold {
    const hold = new Hold();
    this.onCollection((collection) => {
      if (!collection.collectionName.endsWith(ending)) return;
      if (method === 'find') {
        // What a cursor reads is asked for with the first document.
        const find = collection.find.bind(collection);
        const held = (...[filter = {}, options]: Parameters<typeof find>) => {
          const cursor = find(filter, options);
          return hold.isNext() ? hold.delaying(cursor) : cursor;
        };
        Object.assign(collection, { find: held });
      } else {
        const call = collection[method];
        const held = async (...args: readonly unknown[]): Promise<unknown> => {
          if (hold.isNext()) await hold.reach();
          return Reflect.apply(call, collection, args);
        };
        Object.assign(collection, { [method]: held });
      }
    });
    return hold;
  }
}

/** One call that waits. */
export class Hold {
  readonly reached: Promise<void>;
  readonly #released: Promise<void>;
  #tellReached = (): void => {};
  #release = (): void => {};
  #isArmed = false;

  constructor() {
    this.reached = new Promise((resolve) => {
      this.#tellReached = resolve;
    });
    this.#released = new Promise((resolve) => {
      this.#release = resolve;
    });
  }

  arm(): void {
    this.#isArmed = true;
  }

  release(): void {
    this.#release();
  }

  /** Once only. */
  isNext(): boolean {
    const isNext = this.#isArmed;
    this.#isArmed = false;
    return isNext;
  }

  reach(): Promise<void> {
    this.#tellReached();
    return this.#released;
  }

  /** A cursor that is read only after the release. */
  delaying<C extends object>(cursor: C): C {
    const reach = () => this.reach();
    return new Proxy(cursor, {
      get(target, property) {
        if (property === Symbol.asyncIterator) {
          return async function* (this: unknown) {
            await reach();
            yield* Object(target);
          };
        }
        const value: unknown = Reflect.get(target, property, target);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  }
}

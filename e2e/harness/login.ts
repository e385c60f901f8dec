import { eventSourceReader } from './event-source-reader.js';
import type { Follower } from './expect-delivery.js';
import type { NodeProcess } from './node-process.js';
import { asObject } from './notification.js';
import { type Answer, post } from './post.js';
import { sseReader } from './sse-reader.js';
import type { StreamReader } from './stream-reader.js';
import { wsReader } from './ws-reader.js';

type Node = Pick<NodeProcess, 'name' | 'base'>;

export interface LoginRequest {
  readonly user: string;
  readonly groups?: readonly string[];
  readonly session?: string;
  readonly ttlSeconds?: number;
}

/** One credential of a user, and its streams. */
export class Login {
  readonly user: string;
  readonly groups: readonly string[];
  readonly token: string;
  readonly readers: StreamReader[] = [];

  private constructor({ user, groups = [] }: LoginRequest, token: string) {
    this.user = user;
    this.groups = groups;
    this.token = token;
  }

  /** Gets a credential from the demonstration route. */
  static async at({ base }: Node, request: LoginRequest): Promise<Login> {
    const { status, body } = await post(base, '/demo/token', request);
    const { token } = asObject(body, 'the answer of /demo/token');
    if (status !== 200 || typeof token !== 'string') {
      throw new Error(`no token: ${status} ${JSON.stringify(body)}`);
    }
    return new Login(request, token);
  }

  get channels(): readonly string[] {
    return [`user:${this.user}`, ...this.groups.map((group) => `group:${group}`), 'all'];
  }

  get followers(): readonly Follower[] {
    return this.readers.map((reader) => ({ reader, channels: this.channels }));
  }

  /** Opens an event stream and a WebSocket at each of the nodes. */
  async connect(nodes: readonly Node[]): Promise<void> {
    const opened = nodes.flatMap((node) => [this.sse(node), this.ws(node)]);
    await Promise.all(opened.map((reader) => reader.open()));
  }

  sse(node: Node, cursor?: string): StreamReader {
    return this.#keep(sseReader, 'SSE', node, cursor);
  }

  ws(node: Node, cursor?: string): StreamReader {
    return this.#keep(wsReader, 'WebSocket', node, cursor);
  }

  /** The plain EventSource of a browser. */
  eventSource(node: Node): StreamReader {
    return this.#keep(eventSourceReader, 'EventSource', node);
  }

  /** The texts that any of its streams was shown. */
  get texts(): readonly string[] {
    return this.readers.flatMap(({ log }) =>
      log.channels.flatMap((channel) =>
        log.on(channel).map(({ data }) => String(asObject(data, 'data').text)),
      ),
    );
  }

  leave(): void {
    for (const reader of this.readers) reader.cut();
  }

  #keep(make: typeof sseReader, how: string, node: Node, cursor?: string): StreamReader {
    const { token, groups, user } = this;
    const name = `${user} by ${how} at ${node.name}`;
    const reader = make({ name, nodes: [node.base], token, groups, cursor });
    this.readers.push(reader);
    return reader;
  }
}

/** Revokes a user or a session by the demonstration route; resolves with the answer. */
export function revoke(
  { base }: Node,
  target: { readonly user: string } | { readonly session: string },
): Promise<Answer> {
  return post(base, '/demo/revoke', target);
}

/** What a stream is refused with that breaks its connection and comes back; undefined where it is not. */
export async function refusedComingBack(reader: StreamReader): Promise<string | undefined> {
  reader.cut();
  await reader.resume().catch(() => undefined);
  return reader.refusal;
}

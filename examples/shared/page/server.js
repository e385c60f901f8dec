import { InboxView } from './client.js';

const types = ['message', 'order.approved', 'system.notice', 'inbox.changed'];
const pageItems = 10;

/** Publishes. Rejects with what the server says. */
export function send(to, type, data) {
  return post('/demo/notify', { to, type, data });
}

/**
 * Opens the inbox of a user, and of a group where one is given, and follows it. `on` has `change(state)`,
 * `open(recovered)`, `waiting()` and `closed()`. A plain EventSource is enough: it comes back and resumes by itself.
 */
export async function openInbox(user, group, on) {
  const groups = group === '' ? [] : [group];
  const { token } = await post('/demo/token', { user, groups });
  const query = new URLSearchParams(groups.map((name) => ['group', name]));
  const inbox = new RemoteInbox(query, { Authorization: `Bearer ${token}` });
  inbox.view.on('change', on.change);
  const cursor = await inbox.load();

  query.set('token', token);
  query.set('cursor', cursor);
  const source = new EventSource(`/notifications/stream?${query}`);
  source.addEventListener('ready', (event) => {
    const { recovered } = JSON.parse(event.data);
    if (!recovered) inbox.lost();
    on.open(recovered);
  });
  source.addEventListener('error', () => {
    if (source.readyState === EventSource.CLOSED) on.closed();
    else on.waiting();
  });
  for (const type of types) {
    source.addEventListener(type, (event) => inbox.view.take(JSON.parse(event.data)));
  }
  return {
    change: (name, which) => inbox.change(name, which),
    older: () => inbox.older(),
    close: () => source.close(),
  };
}

/** The view of an inbox, with the requests that fill and change it. */
class RemoteInbox {
  view = new InboxView();
  #query;
  #headers;
  #asked;

  constructor(query, headers) {
    this.#query = new URLSearchParams(query);
    this.#headers = headers;
    this.view.on('change', ({ stale }) => {
      if (stale && this.#asked === undefined) this.load().catch(() => undefined);
    });
  }

  /** Loads the newest; resolves with where a stream goes on. What was asked for before is dropped. */
  async load() {
    const asked = this.#list();
    this.#asked = asked;
    let isLatest = false;
    const page = await asked.finally(() => {
      isLatest = this.#asked === asked;
      if (isLatest) this.#asked = undefined;
    });
    if (isLatest) this.view.load(page);
    return page.cursor;
  }

  /** A page that was asked for before may lack what was lost. */
  lost() {
    this.#asked = undefined;
    this.view.lost();
  }

  async older() {
    const { next } = this.view.state;
    const page = await this.#list(next);
    if (this.view.state.next === next) this.view.append(page);
  }

  /** The view hears of it by the stream, as every other window does. */
  change(name, which) {
    return post(`/notifications/${name}?${this.#query}`, which, this.#headers);
  }

  #list(before) {
    const query = new URLSearchParams(this.#query);
    query.set('limit', pageItems);
    if (before !== undefined) query.set('before', before);
    return answerOf(fetch(`/notifications?${query}`, { headers: this.#headers }));
  }
}

function post(path, body, headers = {}) {
  return answerOf(
    fetch(path, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...headers },
      body: JSON.stringify(body),
    }),
  );
}

async function answerOf(response) {
  const answer = await response;
  const body = await answer.json();
  if (!answer.ok) throw new Error(body.message ?? body.code);
  return body;
}

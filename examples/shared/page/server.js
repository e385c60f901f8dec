const types = ['message', 'order.approved', 'system.notice'];

/** Publishes. Rejects with what the server says. */
export function send(to, type, data) {
  return post('/demo/notify', { to, type, data });
}

/**
 * Follows a user, and a group where one is given: first what the store keeps, then what comes. `on` has
 * `history(items)` (newest first), `notification(item)`, `open(recovered)`, `waiting()` and `closed()`.
 * Returns what ends it. A plain EventSource is enough: it comes back and resumes by itself.
 */
export async function follow(user, group, on) {
  const groups = group === '' ? [] : [group];
  const { token } = await post('/demo/token', { user, groups });
  const query = new URLSearchParams(groups.map((name) => ['group', name]));
  const headers = { Authorization: `Bearer ${token}` };
  const { items, cursor } = await answerOf(fetch(`/notifications?${query}`, { headers }));
  on.history(items);

  query.set('token', token);
  query.set('cursor', cursor);
  const source = new EventSource(`/notifications/stream?${query}`);
  source.addEventListener('ready', (event) => on.open(JSON.parse(event.data).recovered));
  source.addEventListener('error', () => {
    if (source.readyState === EventSource.CLOSED) on.closed();
    else on.waiting();
  });
  for (const type of types) {
    source.addEventListener(type, (event) => on.notification(JSON.parse(event.data)));
  }
  return () => source.close();
}

function post(path, body) {
  return answerOf(
    fetch(path, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
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

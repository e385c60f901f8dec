/** Scheme and authority of a request's target in absolute form (RFC 9112, 3.2.2). */
const origin = /^(?:https?|wss?):\/\/[^/?]*/i;

/**
 * The path of a request's URL as all our routes, upgrades among them, compare it: without the query,
 * without the origin that a proxy may write before it, and without a slash at its end. Never throws.
 */
export function pathOf(url: string | undefined): string {
  const [path = ''] = (url ?? '').replace(origin, '').split('?', 1);
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
}

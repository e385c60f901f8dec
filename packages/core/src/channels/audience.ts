/**
 * Whom a notification addresses. One audience reaches an emitter over one channel at most: its
 * user's own, one group, or `all`.
 */
export type Audience =
  | { readonly user: string }
  | { readonly users: readonly string[] }
  | { readonly group: string }
  | { readonly all: true };

import { z } from 'zod';

const group = z.string().min(1).max(200);
const cursor = z.string().max(2_048);
const ref = z.union([z.string().max(100), z.int()]);

const clientFrameSchema = z.discriminatedUnion('t', [
  z.strictObject({
    t: z.literal('hello'),
    token: z.string().optional(),
    groups: z.array(group).max(1_000).optional(),
    cursor: cursor.optional(),
  }),
  z.strictObject({ t: z.literal('subscribe'), ref, group, cursor: cursor.optional() }),
  z.strictObject({ t: z.literal('unsubscribe'), ref, group }),
  z.strictObject({ t: z.literal('refresh'), ref, token: z.string().min(1) }),
  z.strictObject({ t: z.literal('ping') }),
]);

/** What a client may send; see PROTOCOL.md. */
export type ClientFrame = z.output<typeof clientFrameSchema>;

export type HelloFrame = Extract<ClientFrame, { t: 'hello' }>;

/** Names a request in its answer. */
export type Ref = z.output<typeof ref>;

/** The frame that a message holds, or what is wrong with it. Pure. */
export function parseClientFrame(
  text: string,
): { readonly frame: ClientFrame } | { readonly fault: string } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { fault: 'the message is not JSON' };
  }
  const parsed = clientFrameSchema.safeParse(value);
  if (parsed.success) return { frame: parsed.data };
  const issue = parsed.error.issues[0];
  const path = issue?.path.join('.') ?? '';
  return { fault: `${path === '' ? 'frame' : path}: ${issue?.message ?? 'invalid'}` };
}

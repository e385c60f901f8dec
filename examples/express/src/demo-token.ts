import express, { type RequestHandler } from 'express';
import { SignJWT } from 'jose';
import { z } from 'zod';

const bodySchema = z.strictObject({
  user: z.string().min(1).max(200),
  groups: z.array(z.string()).max(100).default([]),
  /** 0 or less gives a token that has expired, to try that out. */
  ttlSeconds: z.number().min(-86_400).max(2_592_000).default(3_600),
});

/** `POST {"user", "groups"?, "ttlSeconds"?}` gives anybody the token of any user: for demonstrations only. */
export function demoToken(secret: Uint8Array): RequestHandler[] {
  return [
    express.json({ limit: '16kb' }),
    async (request, response) => {
      const body = bodySchema.safeParse(request.body);
      if (!body.success) {
        const issue = body.error.issues[0];
        const message = `${issue?.path.join('.') || 'body'}: ${issue?.message}`;
        response.status(400).json({ code: 'BODY_INVALID', message });
        return;
      }
      const { user, groups, ttlSeconds } = body.data;
      const token = await new SignJWT({ groups })
        .setProtectedHeader({ alg: 'HS256' })
        .setSubject(user)
        .setExpirationTime(Date.now() / 1_000 + ttlSeconds)
        .sign(secret);
      response.set('Cache-Control', 'no-store').json({ token });
    },
  ];
}

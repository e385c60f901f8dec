import { eventually } from '@realtime-notify/contract-kit';
import { expect } from 'vitest';
import type { HostileServer } from './hostile-server.js';

/** Somebody who is connected all the while and should notice nothing. Takes two places. */
export interface Bystander {
  /** What is sent now reaches both of its streams, and neither had to connect again. */
  assertUntouched(): Promise<void>;
}

/** @param query - of both its streams; default that of the user `bystander` */
export async function bystander(
  server: HostileServer,
  query = '?token=bystander',
): Promise<Bystander> {
  const sse = await server.stream('bystander');
  const ws = server.webSocket(query);
  await eventually(() => expect(ws.readies).toHaveLength(1));
  let said = 0;
  return {
    async assertUntouched() {
      said += 1;
      await server.say('bystander', `word ${said}.`);
      await sse.sees(`word ${said}.`);
      await eventually(() => expect(ws.notifications).toHaveLength(said));
      expect([sse.ended, ws.ended]).toEqual([false, false]);
    },
  };
}

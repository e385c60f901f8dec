import fc from 'fast-check';
import { expect, test } from 'vitest';
import { notificationJson, notificationMembers } from './notification.js';

const id = '01890a5d-ac96-774b-bcce-b302099a8057';

test('the text is what JSON.stringify makes of the notification', () => {
  const fields = fc.record({
    type: fc.string({ unit: 'binary' }),
    channel: fc.string({ unit: 'binary' }),
    place: fc.option(
      fc.record({ epoch: fc.stringMatching(/^[0-9a-z]{1,16}$/), offset: fc.maxSafeNat() }),
    ),
    time: fc.maxSafeNat(),
    data: fc.jsonValue({ stringUnit: 'binary' }),
  });
  fc.assert(
    fc.property(fields, ({ place, data, type, channel, time }) => {
      const { epoch, offset } = place ?? { epoch: null, offset: null };
      const envelope = { id, type, channel, epoch, offset, time, dataJson: JSON.stringify(data) };
      const expected = JSON.stringify({ id, type, channel, epoch, offset, time, data });
      expect(notificationJson(envelope)).toBe(expected);
      const more = { traceparent: 'stays on the server', previousTag: 'b302099a' };
      expect(notificationJson({ ...envelope, ...more })).toBe(expected);
      expect(`{"t":"n",${notificationMembers(envelope)}}`).toBe(`{"t":"n",${expected.slice(1)}`);
    }),
  );
});

import fc from 'fast-check';
import kafkajs from 'kafkajs';
import { expect, test } from 'vitest';
import { groupCodec } from './group-codec.js';

const codec = groupCodec(kafkajs.AssignerProtocol);
const topic = fc.stringMatching(/^[a-z.-]{1,20}$/);
const partitions = fc.dictionary(topic, fc.array(fc.nat(1_000), { maxLength: 5 }));

test('members and assignments are read as they were written', () => {
  fc.assert(
    fc.property(fc.array(topic), partitions, fc.nat(), (topics, owned, generation) => {
      const member = { topics, owned, generation };
      expect(codec.decodeMember(codec.encodeMember(member))).toEqual(member);
      expect(codec.decodeAssignment(codec.encodeAssignment(owned))).toEqual(owned);
    }),
  );
});

test('a member whose user data is not ours had nothing; no assignment is an empty one', () => {
  for (const text of ['', 'null', '{}', '{"owned":1,"generation":2}', '{"owned":{"a":1}}']) {
    const userData = Buffer.from(text);
    const bytes = kafkajs.AssignerProtocol.MemberMetadata.encode({
      ...{ version: 0, topics: ['a'], userData },
    });
    expect(codec.decodeMember(bytes)).toEqual({ topics: ['a'], owned: {}, generation: 0 });
  }
  expect(codec.decodeAssignment(Buffer.alloc(0))).toEqual({});
});

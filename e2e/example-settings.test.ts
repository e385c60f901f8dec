import { execFile } from 'node:child_process';
import { expect, it } from 'vitest';
import { expressExample, repoDir } from './harness/example.js';

// The settings are read by what all examples share.
it.each([
  ['STORE=mango', /^STORE: [^\n]+\n$/],
  ['ROUTING=directed', /^ROUTING: directed does not go with memory\n$/],
  ['BROKER=redis ROUTING=fanout', /^ROUTING: fanout does not go with redis\n$/],
  ['BROKER=rabbit', /^BROKER: [^\n]+\n$/],
  ['PORT=http', /^PORT: [^\n]+\n$/],
  ['WHEN_STORE_DOWN=drop', /^WHEN_STORE_DOWN: [^\n]+\n$/],
  ['WHEN_STORE_DOWN=log', /^WHEN_STORE_DOWN: log needs Kafka: set KAFKA_BROKERS\n$/],
  ['BROKER=redis STORE=memory', /^STORE_NOT_SHARED: [^\n]+\n$/],
])('the example servers do not start with %s', async (settings, complaint) => {
  const given = Object.fromEntries(settings.split(' ').map((each) => each.split('=')));
  const options = { cwd: repoDir, env: { ...expressExample.env, ...given } };
  const ended = await new Promise<object>((resolve) => {
    execFile(process.execPath, expressExample.args, options, (error, out, err) => {
      resolve({ code: error?.code, out, err });
    });
  });
  expect(ended).toEqual({ code: 1, out: '', err: expect.stringMatching(complaint) });
});

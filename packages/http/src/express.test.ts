import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express, { type RequestHandler } from 'express';
import { expect, test } from 'vitest';
import { answerOf, makeNotifier } from '../test/serving.js';
import { healthHandlers } from './health-handlers.js';
import { historyHandler } from './history-handler.js';
import { publishHandler } from './publish-handler.js';

const parsers: [string, RequestHandler[]][] = [
  ['no body parser', []],
  ['express.json', [express.json()]],
  ['express.text', [express.text({ type: '*/*' })]],
  ['express.raw', [express.raw({ type: '*/*' })]],
  ['express.urlencoded', [express.urlencoded()]],
  [
    'a parser that leaves {} behind',
    [
      (request, _, next) => {
        request.body = {};
        next();
      },
    ],
  ],
];

test.each(parsers)('serves unchanged in Express after %s', async (_, middleware) => {
  const notifier = makeNotifier();
  await notifier.start();
  const app = express();
  app.use(...middleware, (_request, _response, next) => next());
  app.all('/publish', publishHandler(notifier, { open: true }));
  app.use('/mounted', historyHandler(notifier, { anonymous: true }));
  app.get('/readyz', healthHandlers(notifier).ready);
  const server = await new Promise<Server>((resolve) => {
    const listening = app.listen(0, '127.0.0.1', () => resolve(listening));
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const publish = (body: string) =>
    fetch(`${url}/publish`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    }).then(answerOf);
  const hello = '{"to":{"all":true},"type":"message","data":{"text":"hé"}}';
  expect(await publish(hello)).toMatchObject({ status: 202, body: { stored: true } });
  expect((await publish('{"to":{"all":true},"type":"message"}')).body.code).toBe('DATA_INVALID');
  const history = await answerOf(await fetch(`${url}/mounted/notifications?limit=1`));
  expect(history).toMatchObject({ status: 200, body: { items: [{ data: { text: 'hé' } }] } });
  expect((await fetch(`${url}/readyz`)).status).toBe(200);
  server.close();
  await notifier.close();
});

test('says so where a parser has swallowed the body', async () => {
  const notifier = makeNotifier();
  await notifier.start();
  const app = express();
  app.use((request, _, next) => {
    request.resume().once('end', () => next());
  });
  app.post('/publish', publishHandler(notifier, { open: true }));
  const server = await new Promise<Server>((resolve) => {
    const listening = app.listen(0, '127.0.0.1', () => resolve(listening));
  });
  const answer = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/publish`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"to":{"all":true},"type":"message","data":{"text":"x"}}',
  }).then(answerOf);
  expect(answer).toMatchObject({ status: 400, body: { code: 'BODY_INVALID' } });
  server.close();
  await notifier.close();
});

import { storeOutageContract } from '@realtime-notify/contract-kit';
import { privateMongo } from '../../../scripts/private-servers/mongo.js';
import { mongoStore } from '../src/index.js';

const quick = { commandTimeoutMs: 3_000, maxReconnectDelayMs: 500 };

storeOutageContract({
  name: 'store-mongo',
  launch: () => privateMongo(),
  create: (port, tuning) => {
    const url = `mongodb://127.0.0.1:${port}/?directConnection=true`;
    return mongoStore({ url, ...quick, ...tuning });
  },
  linkLines: {
    up: 'store-mongo: the link to MongoDB is up',
    down: 'store-mongo: the link to MongoDB is down',
  },
  // FerretDB takes ten a second.
  appends: 80,
});

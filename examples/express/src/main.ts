import { runExample } from '@realtime-notify/example-shared';
import { makeApp } from './app.js';

runExample(makeApp);

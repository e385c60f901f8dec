export { revokeForDemo } from './demo-revoke.js';
export { makeToken } from './demo-token.js';
export { answerToError, type JsonAnswer, notFound } from './json-answers.js';
export { mountOptions } from './mount-options.js';
export type { ExampleNotifier } from './parts.js';
export { type ExampleApp, type ExampleContext, runExample } from './run-example.js';
export { servePage } from './serve-page.js';
export { serverApp } from './server-app.js';

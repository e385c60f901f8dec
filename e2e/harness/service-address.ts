type ServiceVariable =
  | 'REDIS_URL'
  | 'KAFKA_BROKERS'
  | 'MONGODB_URL'
  | 'POSTGRES_URL'
  | 'CHROMIUM_PATH';

/** Services that `up` does not start unasked. */
const named: Readonly<Partial<Record<ServiceVariable, string>>> = {
  CHROMIUM_PATH: ' chromium',
  MONGODB_URL: ' mongo',
  POSTGRES_URL: ' postgres',
};

/** What `npm run services -- env` prints and a test needs. A missing one fails the test, it skips nothing. */
export function serviceAddress(name: ServiceVariable): string {
  const value = process.env[name];
  if (value === undefined || value === '') {
    throw new Error(
      `${name} is not set; start it with: npm run services -- up${named[name] ?? ''}, and pass on what npm run services -- env prints`,
    );
  }
  return value;
}

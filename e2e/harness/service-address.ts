/** What `npm run services -- env` prints and a test needs. A missing one fails the test, it skips nothing. */
export function serviceAddress(name: 'REDIS_URL' | 'KAFKA_BROKERS' | 'CHROMIUM_PATH'): string {
  const value = process.env[name];
  if (value === undefined || value === '') {
    const what = name === 'CHROMIUM_PATH' ? ' chromium' : '';
    throw new Error(
      `${name} is not set; start it with: npm run services -- up${what}, and pass on what npm run services -- env prints`,
    );
  }
  return value;
}

import { UsageError, usage } from './usage.js';

const [command, ...args] = process.argv.slice(2);

// Whoever reads our lines may have enough of them.
process.stdout.on('error', () => process.exit(0));

try {
  switch (command) {
    case 'listen':
      await (await import('./listen.js')).listen(args);
      break;
    case 'send':
      await (await import('./send.js')).send(args);
      break;
    case 'produce':
      await (await import('./produce.js')).produce(args);
      break;
    case 'help':
    case '--help':
      console.log(usage);
      break;
    default:
      throw new UsageError(command === undefined ? 'no command' : `unknown command ${command}`);
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  if (error instanceof UsageError) console.error(`\n${usage}`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}

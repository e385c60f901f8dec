import { launchLineServer } from './line-server.js';
import { LineStore, lineStoreContract } from './line-store.js';

/** The server keeps in memory what it said that it had. */
class ForgetsWhenKilled extends LineStore {}

lineStoreContract(ForgetsWhenKilled, () => launchLineServer('/dev/null'));

import { inOwnDir } from '../../../scripts/private-servers/own-dir.js';
import { launchRedisCluster } from '../../../scripts/services/redis-cluster.js';
import { makeRedisCertificates } from '../../../scripts/services/redis-tls.js';

/** What the README says that a broker needs on a Cluster. */
const rights =
  'resetkeys resetchannels &rn:* -@all +info +client|setname +spublish +ssubscribe +sunsubscribe +cluster|slots +cluster|info';

/** One that speaks TLS and has a user with a password, and with no more rights than it needs. */
export async function startSecureCluster() {
  const user = { username: 'app', password: 'a-l0ng-pw' };
  const serverArgs = ['--user', user.username, 'on', `>${user.password}`, ...rights.split(' ')];
  const { server, dispose } = await inOwnDir('cluster', async (dir) => {
    const certificates = await makeRedisCertificates(dir);
    const cluster = await launchRedisCluster({ dir, certificates, serverArgs });
    return { cluster, certificates, stop: cluster.stop };
  });
  const { cluster, certificates } = server;
  const address = { cluster: { nodes: cluster.addresses }, ...user, tls: { ca: certificates.ca } };
  return { cluster, address, dispose };
}

import { NotifyError } from '@realtime-notify/core';
import type { Kafka } from 'kafkajs';
import type { Cluster, ClusterOptions } from 'kafkajs/src/cluster/index.js';

type CreateCluster = (options: ClusterOptions) => Cluster;

/**
 * Stops the idle loop of kafkajs in everything that this one `Kafka` object makes from now on, and
 * gives access to its clusters.
 *
 * After its first answer each connection re-arms a timer of 1 ms for ever, to look for requests that
 * wait for a slot or for the end of throttling. A request that has to wait arms that timer itself,
 * so it is enough to arm it while something waits. Only the request queues of these connections
 * are changed, not the kafkajs module: a host that uses kafkajs too keeps it as it is.
 */
export function quietCluster(kafka: Kafka): (options: ClusterOptions) => Cluster {
  const own = kafka as unknown as Record<symbol, CreateCluster | undefined>;
  const name = Object.getOwnPropertySymbols(kafka).find(
    (symbol) => symbol.description === 'private:Kafka:createCluster',
  );
  const create = name === undefined ? undefined : own[name];
  if (name === undefined || create === undefined) {
    throw new NotifyError('BROKER_CONFIGURATION', 'kafkajs must be version 2.2.4 exactly');
  }
  const createQuiet: CreateCluster = (options) => quieten(create(options));
  own[name] = createQuiet;
  return createQuiet;
}

function quieten(cluster: Cluster): Cluster {
  const builder = cluster.connectionPoolBuilder;
  const build = builder.build;
  builder.build = async (destination) => {
    const pool = await build(destination);
    for (const { requestQueue } of pool.pool) {
      const arm = requestQueue.scheduleCheckPendingRequests;
      requestQueue.scheduleCheckPendingRequests = () => {
        if (requestQueue.pending.length > 0) arm.call(requestQueue);
      };
    }
    return pool;
  };
  return cluster;
}

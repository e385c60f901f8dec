export { brokerContract } from './broker/broker-contract.js';
export type { BrokerContract, BrokerNodeOptions, RemoteBroker } from './broker/broker-harness.js';
export {
  type BrokerClauseId,
  brokerClauses,
  type Clause,
  type DirectoryClauseId,
  type DueWorkClauseId,
  directoryClauses,
  dueWorkClauses,
  type InboxClauseId,
  inboxClauses,
  type OutboxClauseId,
  outboxClauses,
  type StoreClauseId,
  type StoreOutageClauseId,
  storeClauses,
  storeOutageClauses,
  type TransportClauseId,
  transportClauses,
  type WriteBackClauseId,
  writeBackClauses,
} from './clauses.js';
export { directoryContract } from './directory/directory-contract.js';
export type {
  DirectoryContract,
  FragileDirectory,
  SharedDirectory,
} from './directory/directory-harness.js';
export { RecordingDirectorySink } from './directory/recording-directory-sink.js';
export { dueWorkContract } from './due-work/due-work-contract.js';
export type { DueWorkContract } from './due-work/due-work-harness.js';
export { eventually } from './eventually.js';
export { inboxContract } from './inbox/inbox-contract.js';
export type { InboxContract } from './inbox/inbox-harness.js';
export { OutOfBand } from './out-of-band.js';
export { outboxContract } from './outbox/outbox-contract.js';
export type { OpenTransaction, OutboxContract } from './outbox/outbox-harness.js';
export { type RecordedResync, RecordingSink } from './recording-sink.js';
export { awkwardJson, freshChannel, sampleDraft, sampleEnvelope } from './samples.js';
export { storeContract } from './store/store-contract.js';
export type { FragileStore, StoreContract, StoreTuning } from './store/store-harness.js';
export { storeOutageContract } from './store-outage/store-outage-contract.js';
export type {
  OutageServer,
  StoreOutageContract,
  StoreOutageTuning,
} from './store-outage/store-outage-harness.js';
export { type TcpProxy, tcpProxy } from './tcp-proxy.js';
export { transportContract } from './transport/transport-contract.js';
export type {
  ConnectRequest,
  MountOptions,
  ReadyMessage,
  Refusal,
  TransportClient,
  TransportContract,
} from './transport/transport-harness.js';
export { writeBackContract } from './write-back/write-back-contract.js';
export type { FragileLog, NodesOfLog, WriteBackContract } from './write-back/write-back-harness.js';

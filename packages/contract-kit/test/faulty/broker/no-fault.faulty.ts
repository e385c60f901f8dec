import { memoryBrokerContract, WrappedBroker } from './wrapped-broker.js';

memoryBrokerContract(WrappedBroker);

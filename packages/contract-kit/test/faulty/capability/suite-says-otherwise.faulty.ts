import { memoryBrokerContract, WrappedBroker } from '../broker/wrapped-broker.js';

memoryBrokerContract(WrappedBroker, 'fanout');

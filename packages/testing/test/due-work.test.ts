import { dueWorkContract } from '@realtime-notify/contract-kit';
import { simulatedStores } from './simulated-store.js';

dueWorkContract({ name: 'simulated', shared: true, ...simulatedStores() });

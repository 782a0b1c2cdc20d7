import 'reflect-metadata';
import { environment, loadConfig } from '@puente/config';
import { startWorker } from '../../../apps/worker/src/start-worker';
import { WorkerModule } from '../../../apps/worker/src/worker.module';
import { withFaults } from './fault-modules';
import { FaultOrders } from './fault-orders';
import { runAsProcess } from './run-as-process';
import { shiftDate } from './shifted-date';

shiftDate(Number(process.env['FAULT_CLOCK_OFFSET_MS'] ?? '0'));

const assembled = WorkerModule.with.bind(WorkerModule);
WorkerModule.with = (config) => withFaults(assembled(config), { providers: [FaultOrders] });

runAsProcess((stopped) => startWorker(loadConfig(environment()), stopped));

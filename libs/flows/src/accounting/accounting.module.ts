import { type DynamicModule, Module } from '@nestjs/common';
import { OdooProviderModule } from '@puente/providers/odoo';
import { SqsProviderModule } from '@puente/providers/sqs';
import { AccountingFlow } from './accounting-flow';
import { AccountingIntake } from './accounting-intake';
import { AccountingList } from './accounting-list';
import { AccountingLog } from './accounting-log';
import { AccountingMetrics } from './accounting-metrics';
import { ACCOUNTING_QUEUE, AccountingQueue, type AccountingQueueSettings } from './accounting-queue';
import { AccountingQueueBindings } from './accounting-queue-bindings';
import { AccountingRoutes } from './accounting-routes';
import { AccountingSettlements } from './accounting-settlements';
import { EntryAcceptance } from './entry-acceptance';
import { EntryOperations } from './entry-operations';

/** What apps inject. */
const OPEN = [
  AccountingFlow,
  AccountingList,
  AccountingRoutes,
  AccountingQueue,
  AccountingIntake,
  AccountingQueueBindings,
];

/** What only the flow itself uses. */
const INNER = [AccountingLog, AccountingMetrics, AccountingSettlements, EntryAcceptance, EntryOperations];

export interface AccountingSetup {
  /** Left out: the installation has none. */
  readonly queue?: AccountingQueueSettings | undefined;
}

/**
 * The accounting flow (SYSTEMS S0.3 and S0.4): what is to be in a tenant's Odoo, once. The worker also binds
 * AccountingIntake and AccountingQueueBindings to its consumers.
 *
 * Needs, from global modules: the database, tenancy, the ledger, integrations and `PayloadCipher`.
 */
@Module({})
export class AccountingModule {
  static forRoot({ queue }: AccountingSetup): DynamicModule {
    return {
      module: AccountingModule,
      imports: [OdooProviderModule, SqsProviderModule],
      providers: [...OPEN, ...INNER, { provide: ACCOUNTING_QUEUE, useValue: queue }],
      exports: OPEN,
    };
  }
}

/** From the variables of S0.3; undefined when they name no queue. */
export function accountingQueueFrom(config: {
  readonly ACC_MOVE_SQS_URL?: string | undefined;
  readonly ACC_MOVE_DEAD_LETTER_SQS_URL?: string | undefined;
  readonly ACC_MOVE_TENANT_ID?: string | undefined;
}): AccountingQueueSettings | undefined {
  const { ACC_MOVE_SQS_URL: queueUrl, ACC_MOVE_TENANT_ID: tenantId } = config;
  if (queueUrl === undefined || tenantId === undefined) return undefined;
  return { tenantId, queueUrl, deadLetterUrl: config.ACC_MOVE_DEAD_LETTER_SQS_URL ?? deadLettersOf(queueUrl) };
}

/** As `puente queues create` names them. */
function deadLettersOf(queueUrl: string): string {
  return queueUrl.endsWith('.fifo') ? `${queueUrl.slice(0, -'.fifo'.length)}-dead.fifo` : `${queueUrl}-dead`;
}

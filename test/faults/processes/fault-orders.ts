import { Injectable, type OnModuleInit } from '@nestjs/common';
import { TenantDatabase, type TenantTransaction } from '@puente/database';
import { IntegrationGateway } from '@puente/integrations';
import { type JsonObject, uuidv7 } from '@puente/kernel';
import { OperationLedger, type OperationView, SettlementRegistry } from '@puente/ledger';
import { z } from 'zod';

export const ORDER_SETTLED = 'faults.order_settled';

export const OrderBody = z.strictObject({
  ref: z.string(),
  bucket: z.string(),
  operation: z.enum(['put', 'pay']),
  /** Orders of one shelf are carried out one after the other. */
  shelf: z.string().optional(),
  /** How it is accepted: in a transaction of the flow's own, or in one shared with other requests. */
  grouped: z.boolean(),
});
export type OrderBody = z.output<typeof OrderBody>;

export interface PlacedOrder {
  readonly id: string;
  readonly operationId: string;
}

const ROUTE = 'POST /v1/faults/orders';
const INSERT = 'INSERT INTO fault_orders (tenant_id, id, ref, operation_id)';
const INSERT_GROUP = `${INSERT} SELECT r.tenant_id, r.id, r.ref, r.operation_id
  FROM jsonb_to_recordset($1::jsonb) AS r(tenant_id uuid, id uuid, ref text, operation_id uuid)`;

/** A flow as small as it can be: a row of its own and an operation, which exist both or not at all. */
@Injectable()
export class FaultOrders implements OnModuleInit {
  constructor(
    private readonly db: TenantDatabase,
    private readonly gateway: IntegrationGateway,
    private readonly ledger: OperationLedger,
    private readonly registry: SettlementRegistry,
  ) {}

  onModuleInit(): void {
    this.registry.register(ORDER_SETTLED, (tx, operation) => this.settled(tx, operation));
  }

  async place(tenantId: string, key: string, body: OrderBody): Promise<PlacedOrder> {
    const id = uuidv7();
    const input = { ref: body.ref, bucket: body.bucket };
    const operation = this.gateway.prepare('fault', body.operation, input, {
      ...{ tenantId, orderKey: body.shelf, subscriber: ORDER_SETTLED },
      idempotency: { route: ROUTE, key, request: body as JsonObject, subjectId: id },
    });
    const row = { tenant_id: tenantId, id, ref: body.ref, operation_id: operation.id };
    if (body.grouped) {
      const made = await this.ledger.acceptGrouped(operation, { name: 'fault_orders', sql: INSERT_GROUP, row });
      return { id: made.subjectId, operationId: made.operationId };
    }
    const accepted = await this.db.run(tenantId, async (tx) => {
      const made = await this.ledger.accept(tx, operation);
      if (made.kind === 'accepted')
        await tx.query(`${INSERT} VALUES ($1, $2, $3, $4)`, [tenantId, id, body.ref, operation.id]);
      return made;
    });
    this.ledger.wake();
    return { id: accepted.subjectId, operationId: accepted.operationId };
  }

  private async settled(tx: TenantTransaction, { id, state }: OperationView): Promise<void> {
    await tx.query('UPDATE fault_orders SET status = $1, told = told + 1 WHERE operation_id = $2', [state, id]);
  }
}

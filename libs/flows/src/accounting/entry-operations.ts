import { Injectable } from '@nestjs/common';
import type { NewOperation } from '@puente/ledger';
import { Odoo } from '@puente/providers/odoo';
import type { EntryPlan } from './entry-plan';

/** Whose step the settlement registry calls when the operation is settled. */
export const ENTRY_SETTLED = 'accounting.settled';

export interface EntryStep {
  readonly tenantId: string;
  /** Of the operation. */
  readonly id: string;
  readonly traceId?: string | undefined;
}

/** The call of an entry, ready to be accepted. What may be repeated, and what waits for a person, the operation says. */
@Injectable()
export class EntryOperations {
  constructor(private readonly odoo: Odoo) {}

  /** @throws {InvalidInputError} Odoo could not be called with it */
  prepare({ tenantId, id, traceId }: EntryStep, { route, call, order }: EntryPlan): NewOperation {
    const { integration, context, headOfLine } = route;
    const inOrder = order === undefined ? {} : { orderKey: `accounting:${integration}:${order}`, headOfLine };
    const options = { tenantId, id, integration, subscriber: ENTRY_SETTLED, traceId, ...inOrder };
    switch (call.operation) {
      case 'callOnce':
        return this.odoo.prepare('callOnce', { ...call.input, context }, options);
      case 'load':
        return this.odoo.prepare('load', { ...call.input, context }, options);
      case 'callNative':
      case 'call':
        return this.odoo.prepare(call.operation, { ...call.input, context }, options);
    }
  }
}

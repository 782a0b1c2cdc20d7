import { Injectable } from '@nestjs/common';
import type { TenantTransaction } from '@puente/database';
import { InvalidInputError } from '@puente/integrations';
import { uuidv7 } from '@puente/kernel';
import { type NewOperation, OperationLedger, PayloadCipher } from '@puente/ledger';
import type { AccountingMessage } from './accounting-message';
import { AccountingRoutes } from './accounting-routes';
import { EntryOperations } from './entry-operations';
import { contentOf, type EntryPlan, planEntry, type RouteChoice, routeFor } from './entry-plan';
import { type EntryOrigin, findFirstEntries, insertEntries, type NewEntry, noteRepeats } from './entry-rows';
import { isUsable, Unusable } from './unusable';

/** A message, and where it came from. */
export interface Arrival {
  readonly message: AccountingMessage;
  readonly choice: RouteChoice;
  readonly origin: EntryOrigin;
  readonly messageId?: string | undefined;
  /** What tells it apart where its route has no key. */
  readonly otherwise: string;
  readonly traceId?: string | undefined;
}

/** What became of one. `conflicted`: its key has an entry with other contents. */
export type Taken = { readonly kind: 'accepted' | 'repeated' | 'conflicted'; readonly entryId: string } | Unusable;

interface Good {
  readonly entry: NewEntry;
  readonly operation: NewOperation;
}

/**
 * Messages become entries and operations, in the caller's transaction and in the order given. An entry's key is unique for
 * ever: the same message again is nothing new, by whichever door it comes; the same key with other contents is refused
 * and counted, because one of the two is wrong and neither of us knows which.
 */
@Injectable()
export class EntryAcceptance {
  constructor(
    private readonly routes: AccountingRoutes,
    private readonly operations: EntryOperations,
    private readonly ledger: OperationLedger,
    private readonly cipher: PayloadCipher,
  ) {}

  async take(tx: TenantTransaction, arrivals: readonly Arrival[]): Promise<readonly Taken[]> {
    const inForce = await this.routes.of(tx);
    const read = await Promise.all(
      arrivals.map(async (arrival): Promise<Good | Unusable> => {
        const route = routeFor(inForce.routes, arrival.choice, arrival.message);
        if (route instanceof Unusable) return route;
        const plan = planEntry(route, arrival.message, { tenantId: tx.tenantId, otherwise: arrival.otherwise });
        return plan instanceof Unusable ? plan : this.ready(tx.tenantId, arrival, plan, inForce.version);
      }),
    );
    return this.write(tx, read);
  }

  private async ready(tenantId: string, arrival: Arrival, plan: EntryPlan, version: number): Promise<Good | Unusable> {
    const [id, operationId] = [uuidv7(), uuidv7()];
    try {
      const operation = this.operations.prepare({ tenantId, id: operationId, traceId: arrival.traceId }, plan);
      const hash = await this.cipher.requestHash(tenantId, contentOf(plan));
      return { operation, entry: entryOf(arrival, plan, { id, operationId, version, hash: hash.toString('hex') }) };
    } catch (error) {
      if (!(error instanceof InvalidInputError)) throw error;
      return new Unusable(error.errors.map(({ path, message }) => `${path}: ${message}`).join('; '));
    }
  }

  private async write(tx: TenantTransaction, read: readonly (Good | Unusable)[]): Promise<readonly Taken[]> {
    const good = read.filter(isUsable);
    const fresh = await insertEntries(
      tx,
      good.map(({ entry }) => entry),
    );
    const known = good.filter(({ entry }) => !fresh.has(entry.id)).map(({ entry }) => entry.entryKey);
    const first = new Map((await findFirstEntries(tx, known)).map((entry) => [entry.entryKey, entry]));
    await this.ledger.acceptAll(
      tx,
      good.filter(({ entry }) => fresh.has(entry.id)).map(({ operation }) => operation),
    );
    const taken = read.map((one): Taken => {
      if (one instanceof Unusable) return one;
      if (fresh.has(one.entry.id)) return { kind: 'accepted', entryId: one.entry.id };
      const other = first.get(one.entry.entryKey);
      if (!other) throw new Error('An entry whose key is taken is gone');
      return { kind: other.requestHash === one.entry.requestHash ? 'repeated' : 'conflicted', entryId: other.id };
    });
    await noteRepeats(tx, { same: idsOf(taken, 'repeated'), other: idsOf(taken, 'conflicted') });
    return taken;
  }
}

function idsOf(taken: readonly Taken[], wanted: 'repeated' | 'conflicted'): string[] {
  return taken.flatMap((one) => (isUsable(one) && one.kind === wanted ? [one.entryId] : []));
}

function entryOf(
  { origin, messageId }: Arrival,
  { route, key, reference, direction, amount }: EntryPlan,
  made: { readonly id: string; readonly operationId: string; readonly version: number; readonly hash: string },
): NewEntry {
  return {
    ...{ id: made.id, kind: route.kind, route: route.name, routesVersion: made.version, entryKey: key },
    ...{ requestHash: made.hash, origin, messageId: messageId ?? null, integration: route.integration },
    ...{ reference: reference ?? null, direction: direction ?? null, operationId: made.operationId },
    ...{ amountMinor: amount ? String(amount.minor) : null, currency: amount?.currency ?? null },
  };
}

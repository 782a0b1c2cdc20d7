import { Injectable } from '@nestjs/common';
import { DatabaseUnavailableError, DispatchDatabase, type Queryable, isDatabaseAway } from '@puente/database';
import { type GroupResult, GroupCommit, done, failed } from '@puente/kernel';
import { WorkHints } from '../dispatch/work-hints';
import { LedgerMetrics } from '../ledger-metrics';
import type { Accepted, GroupedInsert, NewOperation } from '../operation';
import { PayloadCipher } from '../ports/payload-cipher.port';
import type { AcceptRow, FirstUse } from '../sql/accept';
import { spoilsGroup } from '../sql/sqlstate';
import { acceptOne, acceptedFresh, findFirstUses, insertFresh, keyOf, replayOf } from './acceptance';
import { acceptRow, isLater } from './accept-row';

interface Request {
  readonly row: AcceptRow;
  readonly domain: GroupedInsert | undefined;
}

/**
 * The fast accept: requests of one moment share one transaction, for a third of the cost each (research §4.4). Members
 * of a group share its fate only until the database refuses it: then each is tried alone, and the bad one alone fails.
 */
@Injectable()
export class GroupedAccept {
  private readonly group: GroupCommit<Request, Accepted>;

  constructor(
    private readonly db: DispatchDatabase,
    private readonly cipher: PayloadCipher,
    private readonly hints: WorkHints,
    private readonly metrics: LedgerMetrics,
  ) {
    // A group leaves when the one before it comes back; behind a slow one, such as one that waits for a key, sooner. Not
    // larger than half of the requests of a busy moment: PostgreSQL writes one half while this process has the other.
    this.group = new GroupCommit({ maxSize: 100, maxInFlight: 4, waitMs: 5 }, (requests) => this.commit(requests));
  }

  async accept(operation: NewOperation, domain?: GroupedInsert): Promise<Accepted> {
    const row = await acceptRow(this.cipher, operation);
    try {
      const accepted = await this.group.add({ row, domain });
      this.metrics.accepted(accepted.kind, 1);
      if (accepted.kind === 'accepted' && !isLater(operation)) this.hints.due([operation]);
      return accepted;
    } catch (error) {
      // Whether a lost COMMIT counted is open: the same key finds out.
      throw isDatabaseAway(error) ? new DatabaseUnavailableError(error) : error;
    }
  }

  wake(): void {
    this.hints.look();
  }

  private async commit(requests: Request[]): Promise<GroupResult<Accepted>[]> {
    try {
      const fresh = await this.write(requests);
      const repeated = requests.filter(({ row }) => !fresh.has(row.id));
      const first =
        repeated.length > 0
          ? await findFirstUses(
              this.db,
              repeated.map(({ row }) => row),
            )
          : new Map<string, FirstUse>();
      return await Promise.all(
        requests.map(async (request) => {
          if (fresh.has(request.row.id)) return done(acceptedFresh(request.row));
          const use = first.get(keyOf(request.row));
          return settledResult(async () => {
            const replay = use ? replayOf(request.row, use) : 'anew';
            return replay === 'anew' ? this.alone(request) : replay;
          });
        }),
      );
    } catch (error) {
      if (requests.length === 1 || !spoilsGroup(error)) throw error;
      return Promise.all(requests.map((request) => settledResult(() => this.alone(request))));
    }
  }

  /** Only a group that brings more than operations needs a transaction of several statements. */
  private async write(requests: readonly Request[]): Promise<ReadonlySet<string>> {
    const rows = requests.map(({ row }) => row);
    const several = requests.some(({ row, domain }) => domain !== undefined || row.order_key !== undefined);
    if (!several) return new Set((await insertFresh(this.db, rows)).keys());
    return this.db.transaction(async (tx) => {
      const fresh = new Set((await insertFresh(tx, rows)).keys());
      await insertDomains(
        tx,
        requests.filter(({ row }) => fresh.has(row.id)),
      );
      return fresh;
    });
  }

  private async alone(request: Request): Promise<Accepted> {
    return this.db.transaction(async (tx) => {
      const { accepted, inserted } = await acceptOne(tx, request.row);
      if (inserted) await insertDomains(tx, [request]);
      return accepted;
    });
  }
}

async function insertDomains(tx: Queryable, requests: readonly Request[]): Promise<void> {
  const byName = new Map<string, { readonly sql: string; readonly rows: GroupedInsert['row'][] }>();
  for (const { domain } of requests) {
    if (!domain) continue;
    const insert = byName.get(domain.name) ?? { sql: domain.sql, rows: [] };
    insert.rows.push(domain.row);
    byName.set(domain.name, insert);
  }
  // In order of name, like everything that several transactions lock.
  for (const [, { sql, rows }] of [...byName].sort(([a], [b]) => (a < b ? -1 : 1))) {
    await tx.query(sql, [JSON.stringify(rows)]);
  }
}

async function settledResult<R>(work: () => Promise<R>): Promise<GroupResult<R>> {
  try {
    return done(await work());
  } catch (error) {
    return failed(error);
  }
}

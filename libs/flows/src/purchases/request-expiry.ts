import { Injectable } from '@nestjs/common';
import { DispatchDatabase, TenantDatabase } from '@puente/database';
import { RequestDecisions } from './request-decisions';

/** How many a sweep ends at most; the rest waits for the next one. */
const AT_A_TIME = 200;

/** Requests of ours that nobody began to pay give their units back, so that nobody can keep others from buying for nothing. */
@Injectable()
export class RequestExpiry {
  constructor(
    private readonly dispatch: DispatchDatabase,
    private readonly database: TenantDatabase,
    private readonly decisions: RequestDecisions,
  ) {}

  /** @returns how many were ended */
  async sweep(): Promise<number> {
    const due = await this.dispatch.query<{ tenantId: string; requestId: string }>(
      `SELECT tenant_id AS "tenantId", request_id AS "requestId" FROM purchase_requests
       WHERE expires_at <= puente_now() ORDER BY expires_at LIMIT $1`,
      [AT_A_TIME],
    );
    let ended = 0;
    for (const { tenantId, requestId } of due) if (await this.expire(tenantId, requestId)) ended += 1;
    return ended;
  }

  private expire(tenantId: string, requestId: string): Promise<boolean> {
    return this.database.run(tenantId, async (tx) => {
      const still = await tx.query(
        `SELECT FROM purchase_requests WHERE tenant_id = $1 AND request_id = $2 AND expires_at <= puente_now() FOR UPDATE`,
        [tenantId, requestId],
      );
      if (still.length === 0) return false; // a payment began, or another worker was faster
      await this.decisions.decide(tx, { requestId, valid: false, by: 'expiry', told: 'cancelled' });
      return true;
    });
  }
}

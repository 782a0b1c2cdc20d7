import { Injectable } from '@nestjs/common';
import { TenantDatabase, type TenantTransaction } from '@puente/database';
import { MoreThan } from 'typeorm';
import { CHAIN_START, linkHash } from './audit-chain';
import { AuditEntry } from './audit-entry.entity';

const BATCH = 1_000;

export interface AuditVerification {
  readonly ok: boolean;
  /** How many entries fit the chain. */
  readonly checked: number;
  /** The first entry that was changed, is missing, or does not belong here. */
  readonly firstBadSeq: string | null;
}

/**
 * Recomputes a tenant's chain of hashes: finds entries that were edited, removed, moved or cut off at the end. What it
 * cannot find is a chain rewritten as a whole by someone with the database in hand; keep the last hash elsewhere for that.
 */
@Injectable()
export class AuditVerifier {
  constructor(private readonly database: TenantDatabase) {}

  verify(tenantId: string): Promise<AuditVerification> {
    return this.database.run(tenantId, async (tx) => {
      // Before the entries: what is appended from now on is not looked at.
      const [head] = await tx.query<{ seq: string; hash: Buffer }>(`SELECT seq, hash FROM audit_heads`);
      const chain = await this.walk(tx, BigInt(head?.seq ?? 0));
      if (!chain.ok) return chain.verdict;
      if (head && !chain.hash.equals(head.hash)) return bad(chain.checked - 1, head.seq);
      const stray = await strayEntry(tx);
      return stray === null ? { ok: true, checked: chain.checked, firstBadSeq: null } : bad(chain.checked, stray);
    });
  }

  private async walk(
    tx: TenantTransaction,
    last: bigint,
  ): Promise<{ ok: true; checked: number; hash: Buffer } | { ok: false; verdict: AuditVerification }> {
    let hash: Buffer = CHAIN_START;
    let checked = 0;
    for (let seq = 1n; seq <= last;) {
      const entries = await tx.manager.getRepository(AuditEntry).find({
        where: { tenantId: tx.tenantId, seq: MoreThan(String(seq - 1n)) },
        order: { seq: 'ASC' },
        take: BATCH,
      });
      if (entries.length === 0) return { ok: false, verdict: bad(checked, String(seq)) };
      for (const entry of entries) {
        if (seq > last) break;
        const expected = linkHash(entry, hash);
        if (BigInt(entry.seq) !== seq || !entry.prevHash.equals(hash) || !entry.hash.equals(expected))
          return { ok: false, verdict: bad(checked, String(seq)) };
        hash = entry.hash;
        checked += 1;
        seq += 1n;
      }
    }
    return { ok: true, checked, hash };
  }
}

/** An entry after the head, which nobody appended. One statement, so that an append in between is not taken for one. */
async function strayEntry(tx: TenantTransaction): Promise<string | null> {
  const [found] = await tx.query<{ seq: string | null }>(
    `SELECT min(seq) AS seq FROM audit_entries
     WHERE tenant_id = $1 AND seq > coalesce((SELECT seq FROM audit_heads WHERE tenant_id = $1), 0)`,
    [tx.tenantId],
  );
  return found?.seq ?? null;
}

function bad(checked: number, firstBadSeq: string): AuditVerification {
  return { ok: false, checked, firstBadSeq };
}

import { createHash } from 'node:crypto';
import { canonicalJson } from '../envelopes/canonical-json';
import type { AuditOutcome } from './audit-entry.entity';

/** The hash before a tenant's first entry. */
export const CHAIN_START = Buffer.alloc(32);

/** What an entry's hash covers: all of it, and the hash of the entry before. */
export interface ChainLink {
  readonly tenantId: string;
  readonly seq: string;
  readonly at: Date;
  readonly actor: string;
  readonly action: string;
  readonly target: string;
  readonly outcome: AuditOutcome;
  readonly ip: string | null;
  readonly requestId: string | null;
  readonly detail: Readonly<Record<string, unknown>>;
}

export function linkHash(link: ChainLink, previous: Buffer): Buffer {
  const { tenantId, seq, at, actor, action, target, outcome, ip, requestId, detail } = link;
  const covered = { tenantId, seq, at: at.toISOString(), actor, action, target, outcome, ip, requestId, detail };
  return createHash('sha256')
    .update(canonicalJson({ ...covered, previous: previous.toString('hex') }), 'utf8')
    .digest();
}

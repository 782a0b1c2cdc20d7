import { Injectable } from '@nestjs/common';
import { TenantDatabase } from '@puente/database';
import { AccountingEntryNotFoundError } from './accounting.errors';
import { type EntryView, entryView } from './accounting-entry';
import type { EntryKind } from './accounting-routes.schemas';
import { type EntryFilter, findEntry, listEntries } from './entry-rows';

export interface EntryPage {
  readonly items: readonly EntryView[];
  /** Id after which the next page begins, null on the last one. */
  readonly next: string | null;
}

/** Entries for people: what there are, and everything about one. */
@Injectable()
export class AccountingList {
  constructor(private readonly database: TenantDatabase) {}

  /** Newest first. */
  async list(tenantId: string, filter: EntryFilter, cursor?: string, limit = 25): Promise<EntryPage> {
    const rows = await this.database.run(tenantId, (tx) => listEntries(tx, filter, cursor, limit + 1));
    const items = rows.slice(0, limit).map(entryView);
    return { items, next: rows.length > limit ? (items.at(-1)?.id ?? null) : null };
  }

  /** @throws {AccountingEntryNotFoundError} */
  async get(tenantId: string, kind: EntryKind, id: string): Promise<EntryView> {
    const row = await this.database.run(tenantId, (tx) => findEntry(tx, kind, id));
    if (!row) throw new AccountingEntryNotFoundError(id);
    return entryView(row);
  }
}

import { Injectable } from '@nestjs/common';
import { TenantDatabase, type TenantTransaction } from '@puente/database';
import { AuditLog, type Origin } from '@puente/tenancy';
import { FixtureNotFoundError, FixtureUnavailableError, FixtureUnitsTakenError } from './purchases.errors';
import type { FixtureBody } from './purchases.schemas';

/** An item that is sold in units of which there are only so many. */
export interface Fixture {
  readonly fixtureId: string;
  readonly leagueName: string;
  readonly round: string;
  readonly date: Date;
  readonly units: number;
  readonly unitsLeft: number;
  /** CLP; null: that of the settings. */
  readonly unitPrice: number | null;
}

const COLUMNS = `fixture_id AS "fixtureId", league_name AS "leagueName", round, date, units::float8, units_left::float8 AS "unitsLeft",
  unit_price::float8 AS "unitPrice"`;

export interface FixturePage {
  readonly items: readonly Fixture[];
  readonly next: string | null;
}

/** What a tenant's shop has for sale. */
@Injectable()
export class Fixtures {
  constructor(
    private readonly database: TenantDatabase,
    private readonly audit: AuditLog,
  ) {}

  /** In the order of their ids. */
  list(tenantId: string, { limit, after }: { limit: number; after?: string | undefined }): Promise<FixturePage> {
    return this.database.run(tenantId, async (tx) => {
      const rows = await tx.query<Fixture>(
        `SELECT ${COLUMNS} FROM fixtures WHERE tenant_id = $1 AND ($2::text IS NULL OR fixture_id > $2)
         ORDER BY fixture_id LIMIT $3`,
        [tenantId, after ?? null, limit + 1],
      );
      const items = rows.slice(0, limit);
      return { items, next: rows.length > limit ? (items.at(-1)?.fixtureId ?? null) : null };
    });
  }

  /** @throws {FixtureNotFoundError} */
  get(tenantId: string, fixtureId: string): Promise<Fixture> {
    return this.database.run(tenantId, (tx) => fixtureOf(tx, fixtureId));
  }

  /**
   * Puts an item up for sale, or changes it. Fewer units than are reserved or sold are refused.
   *
   * @throws {FixtureUnitsTakenError}
   */
  put(tenantId: string, fixtureId: string, body: FixtureBody, origin: Origin): Promise<Fixture> {
    return this.database.run(tenantId, async (tx) => {
      const [written] = await tx.query(
        `INSERT INTO fixtures AS f (tenant_id, fixture_id, league_name, round, date, units, units_left, unit_price, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $6, $7, puente_now(), puente_now())
         ON CONFLICT (tenant_id, fixture_id) DO UPDATE SET league_name = excluded.league_name, round = excluded.round,
           date = excluded.date, units = excluded.units, units_left = f.units_left + excluded.units - f.units,
           unit_price = excluded.unit_price, updated_at = excluded.updated_at
         WHERE f.units_left + excluded.units - f.units >= 0
         RETURNING fixture_id`,
        [tenantId, fixtureId, body.league_name, body.round, body.date, body.units, body.unit_price ?? null],
      );
      const fixture = await fixtureOf(tx, fixtureId);
      if (!written) throw new FixtureUnitsTakenError(fixtureId, fixture.units - fixture.unitsLeft);
      const target = `fixture:${fixtureId}`;
      await this.audit.record(tx, {
        ...origin,
        action: 'fixture.put',
        target,
        outcome: 'done',
        detail: { units: body.units },
      });
      return fixture;
    });
  }
}

/** @throws {FixtureNotFoundError} */
async function fixtureOf(tx: TenantTransaction, fixtureId: string): Promise<Fixture> {
  const [fixture] = await tx.query<Fixture>(
    `SELECT ${COLUMNS} FROM fixtures WHERE tenant_id = $1 AND fixture_id = $2`,
    [tx.tenantId, fixtureId],
  );
  if (!fixture) throw new FixtureNotFoundError(fixtureId);
  return fixture;
}

/**
 * Takes units out of what is left.
 *
 * @returns the price of one of them, CLP
 * @throws {FixtureUnavailableError}
 */
export async function reserve(
  tx: TenantTransaction,
  { fixtureId, quantity }: { readonly fixtureId: string; readonly quantity: number },
  usualPrice: number,
): Promise<number> {
  const [reserved] = await tx.query<{ unitPrice: number | null }>(
    `UPDATE fixtures SET units_left = units_left - $3, updated_at = puente_now()
     WHERE tenant_id = $1 AND fixture_id = $2 AND units_left >= $3 RETURNING unit_price::float8 AS "unitPrice"`,
    [tx.tenantId, fixtureId, quantity],
  );
  if (!reserved) throw new FixtureUnavailableError(fixtureId, quantity);
  return reserved.unitPrice ?? usualPrice;
}

/** Gives units back. The caller has seen to it that it does so once. */
export async function release(
  tx: TenantTransaction,
  { fixtureId, quantity }: { readonly fixtureId: string; readonly quantity: number },
): Promise<void> {
  await tx.query(
    `UPDATE fixtures SET units_left = units_left + $3, updated_at = puente_now() WHERE tenant_id = $1 AND fixture_id = $2`,
    [tx.tenantId, fixtureId, quantity],
  );
}

import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What is counted of providers: their quotas, and how they answered lately. */
export class CreateQuotas1764000011000 implements MigrationInterface {
  readonly name = 'CreateQuotas1764000011000';

  async up(db: QueryRunner): Promise<void> {
    await createRateLimits(db);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(`DROP TABLE rate_limits`);
  }
}

/**
 * Points that all processes together have taken of each quota in its running window. The columns are those of
 * rate-limiter-flexible. No tenant's rows: a quota may be shared by all, and nothing is in here but ids and counts, which
 * are worthless when the window is over. Unlogged, so that counting waits for no disk: after a crash the table is empty
 * and windows begin anew, which at worst lets the provider refuse what we should not have sent.
 */
async function createRateLimits(db: QueryRunner): Promise<void> {
  await db.query(`
    CREATE UNLOGGED TABLE rate_limits (
      key    varchar(255) PRIMARY KEY,               -- provider, limit, and the tenant and integration it is counted for
      points integer NOT NULL,
      expire bigint NOT NULL                         -- milliseconds of puente_now(): the end of the window
    ) WITH (fillfactor = 50)`);
  await db.query(`GRANT SELECT, INSERT, UPDATE, DELETE ON rate_limits TO puente_dispatch`);
}

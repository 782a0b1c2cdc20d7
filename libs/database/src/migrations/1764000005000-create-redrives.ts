import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Dead letters sent back at a pace: one redrive of a tenant at a time, carried on by whichever worker is there. */
export class CreateRedrives1764000005000 implements MigrationInterface {
  readonly name = 'CreateRedrives1764000005000';

  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      CREATE TABLE redrives (
        id              uuid PRIMARY KEY,
        seq             bigint GENERATED ALWAYS AS IDENTITY,
        tenant_id       uuid NOT NULL REFERENCES tenants (id),
        state           text NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'running', 'done', 'cancelled', 'failed')),
        rate            int NOT NULL CHECK (rate BETWEEN 1 AND 100), -- messages per second
        filter          jsonb NOT NULL,              -- which letters: ids, cause, reason, since, until; {} for all
        actor           text NOT NULL,
        idempotency_key text,
        next_send_at    timestamptz NOT NULL,        -- the pace: the next letter's turn
        skipped         int NOT NULL DEFAULT 0,      -- named in the filter and not waiting
        counts          jsonb,                       -- what came of it, once it has ended
        problem         text,                        -- why it does not get on at the moment, or why it failed
        created_at      timestamptz NOT NULL,
        started_at      timestamptz,
        finished_at     timestamptz,
        UNIQUE (tenant_id, id),
        UNIQUE (tenant_id, idempotency_key),
        CHECK ((state IN ('queued', 'running')) = (finished_at IS NULL))
      )`);
    await db.query(`CREATE UNIQUE INDEX redrives_running ON redrives (tenant_id) WHERE state IN ('queued', 'running')`);
    await db.query(`CREATE INDEX redrives_listed ON redrives (tenant_id, seq DESC)`);
    await db.query(`
      ALTER TABLE dead_letters
        ADD COLUMN redrive_id uuid,                  -- the last one that took it up
        ADD COLUMN found_by   uuid,                  -- the one that met its message in the dead-letter queue
        ADD FOREIGN KEY (tenant_id, redrive_id) REFERENCES redrives (tenant_id, id),
        ADD FOREIGN KEY (tenant_id, found_by) REFERENCES redrives (tenant_id, id)`);
    for (const column of ['redrive_id', 'found_by'])
      await db.query(
        `CREATE INDEX dead_letters_${column} ON dead_letters (tenant_id, ${column}) WHERE ${column} IS NOT NULL`,
      );
    await db.query(`SELECT guard_tenant_table('redrives')`);
    await db.query(`GRANT SELECT, INSERT, UPDATE ON redrives TO puente_app`);
    // A worker looks over all tenants for what is to be done; it does it in each one's own context.
    for (const table of ['redrives', 'dead_letters'])
      await db.query(`CREATE POLICY dispatch_reads ON ${table} FOR SELECT TO puente_dispatch USING (true)`);
    await db.query(`GRANT SELECT (id, tenant_id, state, created_at) ON redrives TO puente_dispatch`);
    await db.query(
      `GRANT SELECT (id, tenant_id, state, copy_removed_at, redrives, redrive_queue_url, redriven_at, taken_message_id)
       ON dead_letters TO puente_dispatch`,
    );
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(
      `REVOKE SELECT (id, tenant_id, state, copy_removed_at, redrives, redrive_queue_url, redriven_at, taken_message_id)
       ON dead_letters FROM puente_dispatch`,
    );
    await db.query(`DROP POLICY dispatch_reads ON dead_letters`);
    await db.query(`ALTER TABLE dead_letters DROP COLUMN redrive_id, DROP COLUMN found_by`);
    await db.query(`DROP TABLE redrives`);
  }
}

import type { MigrationInterface, QueryRunner } from 'typeorm';

/** For dispatch mode `sqs`: one worker at a time sends what has become due, and nobody sends it twice on purpose. */
export class CreateDispatchTurn1764000012000 implements MigrationInterface {
  readonly name = 'CreateDispatchTurn1764000012000';

  async up(db: QueryRunner): Promise<void> {
    await db.query(`
      CREATE TABLE dispatch_turn (
        only_row  boolean PRIMARY KEY DEFAULT true CHECK (only_row),
        due_until timestamptz NOT NULL DEFAULT puente_now(), -- what had to wait and was due until then has been sent
        lost_at   timestamptz NOT NULL DEFAULT puente_now()  -- when to look again for what the queue lost
      ) WITH (fillfactor = 10)`);
    await db.query(`INSERT INTO dispatch_turn DEFAULT VALUES`);
    await db.query(`GRANT SELECT, UPDATE ON dispatch_turn TO puente_dispatch`);
    // Work that had to wait (a retry, a schedule), by when it is due. Nothing is in it that was due when it was accepted.
    await db.query(`CREATE INDEX operations_delayed ON operations (next_attempt_at)
      WHERE state IN ('queued', 'unknown') AND NOT blocked AND next_attempt_at > updated_at`);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(`DROP INDEX operations_delayed`);
    await db.query(`DROP TABLE dispatch_turn`);
  }
}

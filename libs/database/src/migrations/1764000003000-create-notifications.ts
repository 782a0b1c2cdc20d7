import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The notifications flow: which queue belongs to whom, who handles which event, and each notification's journey. */
export class CreateNotifications1764000003000 implements MigrationInterface {
  readonly name = 'CreateNotifications1764000003000';

  async up(db: QueryRunner): Promise<void> {
    // The queue's address is all a foreign producer knows, so it is also what tells us the tenant.
    await db.query(`
      CREATE TABLE notification_queues (
        id                    uuid PRIMARY KEY,
        tenant_id             uuid NOT NULL REFERENCES tenants (id),
        queue_url             text NOT NULL UNIQUE,
        queue_arn             text NOT NULL,           -- an address can be written in several ways, the ARN cannot
        dead_letter_queue_url text NOT NULL,
        integration           text NOT NULL DEFAULT 'default', -- the tenant's sqs account that reaches it
        sweep_until           timestamptz,             -- a worker goes through the dead-letter queue until then
        created_at            timestamptz NOT NULL DEFAULT now(),
        UNIQUE (tenant_id, id),
        UNIQUE (tenant_id)
      )`);
    // One queue is one tenant's, in one role: else a redrive could read another tenant's messages out of a shared queue.
    await db.query(`
      CREATE TABLE notification_queue_arns (
        arn       text PRIMARY KEY,
        tenant_id uuid NOT NULL REFERENCES notification_queues (tenant_id) ON DELETE CASCADE,
        role      text NOT NULL CHECK (role IN ('queue', 'dead_letters')),
        UNIQUE (tenant_id, role)
      )`);
    await db.query(`SELECT guard_tenant_table('notification_queue_arns')`);
    await db.query(`GRANT SELECT, INSERT, DELETE ON notification_queue_arns TO puente_app`);
    await db.query(`
      CREATE TABLE notification_handlers (
        id          uuid PRIMARY KEY,
        tenant_id   uuid NOT NULL REFERENCES tenants (id),
        kind        text NOT NULL,                   -- event, or the sns_topic of messages that name none; '*' for the rest
        topic_arn   text,                            -- NULL: the message's own sns_topic
        integration text NOT NULL DEFAULT 'default', -- the tenant's sns account
        on_unknown  text NOT NULL DEFAULT 'resend' CHECK (on_unknown IN ('review', 'resend', 'drop')),
        enabled     boolean NOT NULL DEFAULT true,
        created_at  timestamptz NOT NULL DEFAULT now(),
        updated_at  timestamptz NOT NULL DEFAULT now(),
        UNIQUE (tenant_id, id),
        UNIQUE (tenant_id, kind)
      )`);
    await db.query(`
      CREATE TABLE notifications (
        id                   uuid PRIMARY KEY,
        seq                  bigint GENERATED ALWAYS AS IDENTITY,
        tenant_id            uuid NOT NULL REFERENCES tenants (id),
        origin               text NOT NULL CHECK (origin IN ('api', 'queue')),
        event                text,
        topic                text NOT NULL,
        content              jsonb NOT NULL,         -- envelope: the body exactly as sent, and a foreign message's attributes
        group_id             text NOT NULL,
        body_md5             text NOT NULL,
        queue_url            text NOT NULL,
        queue_message_id     text,
        send_operation_id    uuid,
        sends                int NOT NULL DEFAULT 0,
        queued_at            timestamptz,
        handled_at           timestamptz,
        handler_kind         text,
        publish_operation_id uuid,                   -- NULL although handled: the handler is switched off
        published_at         timestamptz,
        sns_message_id       text,
        deduplicated_of      uuid,                   -- the queue took this one for a repeat of that one
        dead_lettered_at     timestamptz,
        dead_letter_reason   text,
        dead_letter_operation_id uuid,               -- NULL when the consumer moved the message itself
        created_at           timestamptz NOT NULL,
        UNIQUE (tenant_id, id),
        FOREIGN KEY (tenant_id, send_operation_id) REFERENCES operations (tenant_id, id) DEFERRABLE INITIALLY DEFERRED,
        FOREIGN KEY (tenant_id, publish_operation_id) REFERENCES operations (tenant_id, id) DEFERRABLE INITIALLY DEFERRED,
        FOREIGN KEY (tenant_id, dead_letter_operation_id) REFERENCES operations (tenant_id, id) DEFERRABLE INITIALLY DEFERRED,
        FOREIGN KEY (tenant_id, deduplicated_of) REFERENCES notifications (tenant_id, id)
      )`);
    // Settled operations look for their notification.
    for (const step of ['send', 'publish'])
      await db.query(
        `CREATE INDEX notifications_${step} ON notifications (tenant_id, ${step}_operation_id) WHERE ${step}_operation_id IS NOT NULL`,
      );
    await db.query(`CREATE INDEX notifications_listed ON notifications (tenant_id, seq DESC)`);
    await db.query(`CREATE INDEX notifications_message ON notifications (tenant_id, queue_url, queue_message_id)`);
    await db.query(
      `CREATE INDEX notifications_repeats ON notifications (tenant_id, deduplicated_of) WHERE deduplicated_of IS NOT NULL`,
    );
    // What the re-sender looks for: sent, but the queue never gave it back.
    await db.query(`CREATE INDEX notifications_unseen ON notifications (queued_at)
      WHERE queued_at IS NOT NULL AND handled_at IS NULL AND deduplicated_of IS NULL AND dead_lettered_at IS NULL`);
    await createDeadLetters(db);
    for (const table of ['notification_queues', 'notification_handlers', 'notifications', 'dead_letters']) {
      await db.query(`SELECT guard_tenant_table('${table}')`);
      await db.query(`GRANT SELECT, INSERT, UPDATE ON ${table} TO puente_app`);
    }
    await db.query(
      `GRANT DELETE ON notification_queues, notification_handlers, notifications, dead_letters TO puente_app`,
    );
    // Grouped accepts insert for many tenants at once; the consumers' supervisor must know whose queue it reads.
    await db.query(`CREATE POLICY dispatch_accepts ON notifications FOR INSERT TO puente_dispatch WITH CHECK (true)`);
    await db.query(`GRANT INSERT ON notifications TO puente_dispatch`);
    for (const table of ['notification_queues', 'notifications']) {
      await db.query(`CREATE POLICY dispatch_reads ON ${table} FOR SELECT TO puente_dispatch USING (true)`);
    }
    await db.query(`GRANT SELECT ON notification_queues TO puente_dispatch`);
    await db.query(
      `GRANT SELECT (id, tenant_id, queue_url, sends, queued_at, handled_at, deduplicated_of, dead_lettered_at) ON notifications TO puente_dispatch`,
    );
  }

  async down(db: QueryRunner): Promise<void> {
    for (const table of [
      'dead_letters',
      'notifications',
      'notification_handlers',
      'notification_queue_arns',
      'notification_queues',
    ]) {
      await db.query(`DROP TABLE ${table}`);
    }
  }
}

/**
 * Each message that was put aside, with all that is needed to send it again: the dead-letter queue holds a copy for
 * people with AWS's tools, but a FIFO queue shows only the first messages of a group and forgets after 14 days.
 */
async function createDeadLetters(db: QueryRunner): Promise<void> {
  await db.query(`
    CREATE TABLE dead_letters (
      id                   uuid PRIMARY KEY,
      seq                  bigint GENERATED ALWAYS AS IDENTITY, -- the order in which they were put aside
      tenant_id            uuid NOT NULL REFERENCES tenants (id),
      queue_url            text NOT NULL,
      message_id           text NOT NULL,          -- of the message that was put aside; its copy's deduplication id
      notification_id      uuid,
      cause                text NOT NULL CHECK (cause IN ('invalid', 'refused', 'exhausted', 'not_taken_over', 'found')),
      reason               text NOT NULL,
      body_md5             text NOT NULL,
      group_id             text NOT NULL,
      content              jsonb,                  -- envelope: body and attributes; NULL when the notification has them
      at                   timestamptz NOT NULL,
      came_at              timestamptz NOT NULL,   -- the order in which their messages came, and are sent back: publishes of
      came_seq             bigint NOT NULL,        -- one group are told to have failed side by side
      copy_operation_id    uuid,                   -- NULL when the consumer or SQS moved the message itself
      copy_removed_at      timestamptz,            -- the copy is no longer in the dead-letter queue
      state                text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'redriving', 'redriven', 'obsolete')),
      redrives             int NOT NULL DEFAULT 0, -- how often its message was sent back, earlier letters of it included
      redrive_of           uuid,                   -- the letter whose message, sent back, became this one
      redrive_operation_id uuid,
      redrive_queue_url    text,                   -- where its message was sent to
      redriven_at          timestamptz,
      redrive_failure      text,
      taken_message_id     text,                   -- the message by which it came back: one copy counts, whoever sends more
      UNIQUE (tenant_id, id),
      UNIQUE (tenant_id, message_id),
      FOREIGN KEY (tenant_id, notification_id) REFERENCES notifications (tenant_id, id),
      FOREIGN KEY (tenant_id, redrive_of) REFERENCES dead_letters (tenant_id, id),
      FOREIGN KEY (tenant_id, copy_operation_id) REFERENCES operations (tenant_id, id) DEFERRABLE INITIALLY DEFERRED,
      FOREIGN KEY (tenant_id, redrive_operation_id) REFERENCES operations (tenant_id, id) DEFERRABLE INITIALLY DEFERRED,
      CHECK (notification_id IS NOT NULL OR content IS NOT NULL)
    )`);
  await db.query(`CREATE INDEX dead_letters_of_notification ON dead_letters (tenant_id, notification_id)`);
  await db.query(
    `CREATE INDEX dead_letters_waiting ON dead_letters (tenant_id, came_at, came_seq, seq) WHERE state = 'waiting'`,
  );
  await db.query(`CREATE INDEX dead_letters_listed ON dead_letters (tenant_id, seq DESC)`);
  await db.query(
    `CREATE INDEX dead_letters_redrive ON dead_letters (tenant_id, redrive_operation_id) WHERE redrive_operation_id IS NOT NULL`,
  );
  await db.query(
    `CREATE INDEX dead_letters_redrive_of ON dead_letters (tenant_id, redrive_of) WHERE redrive_of IS NOT NULL`,
  );
  // What the re-sender looks for: sent back, but the queue never gave it out.
  await db.query(
    `CREATE INDEX dead_letters_unseen ON dead_letters (redriven_at) WHERE state = 'redriven' AND taken_message_id IS NULL`,
  );
  // What has been sent back or is not needed any more, and whose copy is still to be removed.
  await db.query(
    `CREATE INDEX dead_letters_spent ON dead_letters (tenant_id) WHERE state IN ('redriven', 'obsolete') AND copy_removed_at IS NULL`,
  );
}

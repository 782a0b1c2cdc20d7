/**
 * Topics, subscriptions and what was published through them. A publish is one statement: its record, its e-mails and
 * text messages in the inbox, and its deliveries to queues (an outbox, emptied over HTTP) are committed together.
 */
export const SNS_TABLES = [
  'sns_topics',
  'sns_subscriptions',
  'sns_deduplications',
  'sns_inbox',
  'sns_deliveries',
  'sns_settings',
] as const;

export const SNS_SCHEMA = `
  CREATE SEQUENCE IF NOT EXISTS sns_message_seq;
  CREATE TABLE IF NOT EXISTS sns_topics (
    arn        text PRIMARY KEY,
    account    text NOT NULL,
    region     text NOT NULL,
    name       text NOT NULL,
    attributes json NOT NULL,
    tags       json NOT NULL,
    created_at timestamptz NOT NULL
  );
  CREATE TABLE IF NOT EXISTS sns_subscriptions (
    id         bigint GENERATED ALWAYS AS IDENTITY,
    arn        text PRIMARY KEY,
    topic_arn  text NOT NULL REFERENCES sns_topics ON DELETE CASCADE,
    protocol   text NOT NULL,
    endpoint   text NOT NULL,
    owner      text NOT NULL,
    confirmed  boolean NOT NULL,
    token      text NOT NULL UNIQUE,
    attributes json NOT NULL,
    UNIQUE (topic_arn, protocol, endpoint)
  );
  CREATE TABLE IF NOT EXISTS sns_deduplications (
    topic_arn  text NOT NULL,
    scope      text NOT NULL,
    dedup_id   text NOT NULL,
    message_id uuid NOT NULL,
    seq        bigint NOT NULL,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (topic_arn, scope, dedup_id)
  );
  CREATE INDEX IF NOT EXISTS sns_deduplications_expiry ON sns_deduplications (expires_at);
  CREATE TABLE IF NOT EXISTS sns_inbox (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at         timestamptz NOT NULL,
    protocol   text NOT NULL,
    endpoint   text NOT NULL,
    subject    text,
    message    text NOT NULL,
    message_id text,
    topic_arn  text
  );
  CREATE TABLE IF NOT EXISTS sns_deliveries (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    queue_arn text NOT NULL,
    request   json NOT NULL
  );
  CREATE TABLE IF NOT EXISTS sns_settings (
    name  text PRIMARY KEY,
    value json NOT NULL
  );
`;

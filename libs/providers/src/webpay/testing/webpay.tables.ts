/** Everything the stand-in remembers, one document a row: transactions, inscriptions, cards on file and its settings. */
export const WEBPAY_SCHEMA = `
  CREATE TABLE IF NOT EXISTS webpay_records (
    seq  bigint GENERATED ALWAYS AS IDENTITY,
    kind text NOT NULL,
    id   text NOT NULL,
    data json NOT NULL,
    PRIMARY KEY (kind, id)
  );
`;

export const WEBPAY_TABLE = 'webpay_records';

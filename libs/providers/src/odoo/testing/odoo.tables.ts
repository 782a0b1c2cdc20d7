/** Everything the stand-in remembers: records as documents, external ids, the addon's keys, and its settings. */
export const ODOO_SCHEMA = `
  CREATE TABLE IF NOT EXISTS odoo_records (
    id    bigint GENERATED ALWAYS AS IDENTITY (START WITH 100) PRIMARY KEY,
    model text NOT NULL,
    data  json NOT NULL
  );
  CREATE TABLE IF NOT EXISTS odoo_external_ids (
    module text NOT NULL,
    name   text NOT NULL,
    model  text NOT NULL,
    res_id bigint NOT NULL,
    PRIMARY KEY (module, name)
  );
  CREATE TABLE IF NOT EXISTS odoo_bridge_calls (
    key     text PRIMARY KEY,
    model   text NOT NULL,
    method  text NOT NULL,
    payload text NOT NULL,
    result  json
  );
  CREATE TABLE IF NOT EXISTS odoo_behaviour (
    name text PRIMARY KEY,
    data json NOT NULL
  );
`;

export const ODOO_TABLES = ['odoo_records', 'odoo_external_ids', 'odoo_bridge_calls', 'odoo_behaviour'] as const;

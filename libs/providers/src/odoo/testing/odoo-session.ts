import type { JsonObject } from '@puente/kernel';
import type { PoolClient } from 'pg';
import type { Behaviour } from './odoo-behaviour';

interface Row {
  readonly id: string;
  readonly data: Record<string, unknown>;
}

export interface StoredRecord extends Record<string, unknown> {
  readonly id: number;
}

export interface SessionSetup {
  readonly part: string;
  readonly offsetMs: number;
  readonly behaviour: Behaviour;
  /** 17, 18 or 19: where they differ. */
  readonly major: number;
}

/** One call to Odoo: one transaction, in which everything it does becomes true together, its effects included. */
export class OdooSession {
  constructor(
    private readonly client: PoolClient,
    private readonly setup: SessionSetup,
  ) {}

  get behaviour(): Behaviour {
    return this.setup.behaviour;
  }

  get major(): number {
    return this.setup.major;
  }

  async query<R extends object>(text: string, values: readonly unknown[]): Promise<R[]> {
    return (await this.client.query<R>(text, [...values])).rows;
  }

  async insert(model: string, data: JsonObject): Promise<number> {
    const rows = await this.query<Row>('INSERT INTO odoo_records (model, data) VALUES ($1, $2) RETURNING id', [
      model,
      JSON.stringify(data),
    ]);
    return Number(rows[0]?.id);
  }

  async update(id: number, data: JsonObject): Promise<void> {
    await this.query('UPDATE odoo_records SET data = $2 WHERE id = $1', [id, JSON.stringify(data)]);
  }

  /** Locked until the end of the call, as Odoo's own writes lock. */
  async locked(model: string, id: number): Promise<StoredRecord | undefined> {
    const [row] = await this.query<Row>('SELECT id, data FROM odoo_records WHERE model = $1 AND id = $2 FOR UPDATE', [
      model,
      id,
    ]);
    return row && { ...row.data, id: Number(row.id) };
  }

  async all(model: string): Promise<StoredRecord[]> {
    const rows = await this.query<Row>('SELECT id, data FROM odoo_records WHERE model = $1 ORDER BY id', [model]);
    return rows.map(({ id, data }) => ({ ...data, id: Number(id) }));
  }

  async record(operation: string, effect: JsonObject): Promise<void> {
    await this.query('INSERT INTO sandbox_effects (part, at, operation, effect) VALUES ($1, sandbox_now($4), $2, $3)', [
      this.setup.part,
      operation,
      JSON.stringify(effect),
      this.setup.offsetMs,
    ]);
  }
}

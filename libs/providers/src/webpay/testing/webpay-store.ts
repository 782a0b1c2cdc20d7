import type { JsonObject } from '@puente/kernel';
import type { SandboxServices } from '@puente/integrations/testing';
import type { CardOnFile, Inscription, OneclickTransaction, WebpayTransaction } from './webpay-transaction';
import type { WebpayBehaviour } from './webpay-behaviour.config';

interface Kinds {
  readonly transaction: WebpayTransaction;
  readonly inscription: Inscription;
  readonly card: CardOnFile;
  readonly oneclick: OneclickTransaction;
  readonly behaviour: WebpayBehaviour;
}
export type RecordKind = keyof Kinds;

/** A row of `/_sandbox/webpay/received`. */
export interface WebpayEffect {
  readonly operation: string;
  readonly effect: JsonObject;
}

/** What a change answers, and what it really did; both are committed together. */
export interface Changed<T> {
  readonly answer: T;
  readonly effects?: readonly WebpayEffect[];
}

/** The rows behind the stand-in. A change holds its row's lock, so two at once come one after the other. */
export class WebpayStore {
  constructor(
    private readonly services: SandboxServices,
    private readonly part: string,
  ) {}

  nowMs(): number {
    return this.services.clock.nowMs(this.part);
  }

  async find<K extends RecordKind>(kind: K, id: string): Promise<Kinds[K] | undefined> {
    const rows = await this.services.database.query<{ data: Kinds[K] }>(
      'SELECT data FROM webpay_records WHERE kind = $1 AND id = $2',
      [kind, id],
      { name: 'webpay-find' },
    );
    return rows[0]?.data;
  }

  async list<K extends RecordKind>(kind: K): Promise<Kinds[K][]> {
    const rows = await this.services.database.query<{ data: Kinds[K] }>(
      'SELECT data FROM webpay_records WHERE kind = $1 ORDER BY seq',
      [kind],
    );
    return rows.map(({ data }) => data);
  }

  /** @returns whether it is new: an id that is taken changes nothing and has no effect. */
  async add<K extends RecordKind>(
    kind: K,
    id: string,
    data: Kinds[K],
    effects: readonly WebpayEffect[] = [],
  ): Promise<boolean> {
    const rows = await this.services.database.query(
      `WITH added AS (INSERT INTO webpay_records (kind, id, data) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING RETURNING 1),
            told AS (
              INSERT INTO sandbox_effects (part, at, operation, effect)
              SELECT $4, sandbox_now($5), one->>'operation', one->'effect' FROM json_array_elements($6::json) AS one
               WHERE EXISTS (SELECT FROM added))
       SELECT FROM added`,
      [kind, id, JSON.stringify(data), this.part, this.offsetMs(), JSON.stringify(effects)],
      { name: 'webpay-add' },
    );
    return rows.length > 0;
  }

  async put<K extends RecordKind>(kind: K, id: string, data: Kinds[K]): Promise<void> {
    await this.services.database.query(
      `INSERT INTO webpay_records (kind, id, data) VALUES ($1, $2, $3)
       ON CONFLICT (kind, id) DO UPDATE SET data = excluded.data`,
      [kind, id, JSON.stringify(data)],
    );
  }

  /**
   * Changes a row in place. Nothing of it remains when `work` throws.
   *
   * @param work gets `undefined` when there is no such row
   */
  change<K extends RecordKind, T>(kind: K, id: string, work: (data: Kinds[K] | undefined) => Changed<T>): Promise<T> {
    return this.services.database.transaction(async (client) => {
      const found = await client.query<{ data: Kinds[K] }>(
        'SELECT data FROM webpay_records WHERE kind = $1 AND id = $2 FOR UPDATE',
        [kind, id],
      );
      const data = found.rows[0]?.data;
      const { answer, effects = [] } = work(data);
      if (data) {
        await client.query(
          `WITH told AS (
             INSERT INTO sandbox_effects (part, at, operation, effect)
             SELECT $4, sandbox_now($5), one->>'operation', one->'effect' FROM json_array_elements($6::json) AS one)
           UPDATE webpay_records SET data = $3 WHERE kind = $1 AND id = $2`,
          [kind, id, JSON.stringify(data), this.part, this.offsetMs(), JSON.stringify(effects)],
        );
      }
      return answer;
    });
  }

  /** @returns whether it was there; its effects are recorded only then. */
  async remove(kind: RecordKind, id: string, effects: readonly WebpayEffect[]): Promise<boolean> {
    const rows = await this.services.database.query(
      `WITH gone AS (DELETE FROM webpay_records WHERE kind = $1 AND id = $2 RETURNING 1),
            told AS (
              INSERT INTO sandbox_effects (part, at, operation, effect)
              SELECT $3, sandbox_now($4), one->>'operation', one->'effect' FROM json_array_elements($5::json) AS one
               WHERE EXISTS (SELECT FROM gone))
       SELECT FROM gone`,
      [kind, id, this.part, this.offsetMs(), JSON.stringify(effects)],
    );
    return rows.length > 0;
  }

  private offsetMs(): number {
    return this.services.clock.offsetMs(this.part);
  }
}

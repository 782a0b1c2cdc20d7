import { randomUUID } from 'node:crypto';
import { Pool } from 'pg';
import { answer } from '../harness/answering';
import { type Percentiles, percentiles } from '../harness/figures';
import { MESSAGE } from '../harness/message';

export interface InsertResult extends Percentiles {
  readonly answers: number;
  readonly perSecond: number;
}

interface InsertOrder {
  readonly url: string;
  readonly connections: number;
  readonly seconds: number;
}

/** The yardstick of an accept: one row, one statement, one commit, by as many connections as help. */
async function insert({ url, connections, seconds }: InsertOrder): Promise<InsertResult> {
  const pool = new Pool({ connectionString: url, max: connections });
  await pool.query('DROP TABLE IF EXISTS raw_inserts');
  await pool.query('CREATE TABLE raw_inserts (id uuid PRIMARY KEY, payload jsonb NOT NULL)');
  const payload = JSON.stringify(MESSAGE);
  const latencies: number[] = [];
  const startedMs = performance.now();
  const untilMs = startedMs + seconds * 1_000;
  const lane = async (): Promise<void> => {
    for (let sentMs = performance.now(); sentMs < untilMs; sentMs = performance.now()) {
      await pool.query('INSERT INTO raw_inserts VALUES ($1, $2)', [randomUUID(), payload]);
      latencies.push(performance.now() - sentMs);
    }
  };
  await Promise.all(Array.from({ length: connections }, lane));
  const perSecond = Math.round((latencies.length / (performance.now() - startedMs)) * 1_000);
  await pool.query('DROP TABLE raw_inserts');
  await pool.end();
  return { answers: latencies.length, perSecond, ...percentiles(latencies) };
}

answer({ insert });

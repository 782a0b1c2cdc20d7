import { Injectable } from '@nestjs/common';
import { DispatchDatabase } from '@puente/database';

type Connection = Awaited<ReturnType<DispatchDatabase['connect']>>;

/** Any number; one kind of advisory lock. */
const LOCK = 716_410;

/**
 * Of several workers one listens to a broker: two with the same client id would throw each other out, and two with
 * different ones would get every message twice. The turns are advisory locks of one connection, so a worker that dies
 * gives them up with it.
 */
@Injectable()
export class ListenerTurns {
  private readonly held = new Set<string>();
  private connection: Connection | undefined;
  /** Of all that ask for their first turn at once: they share one connection, or the others would never be given back. */
  private connecting: Promise<Connection> | undefined;

  constructor(private readonly database: DispatchDatabase) {}

  /** Whether it is this process's turn now; once it is, it stays so until it is given back or {@link stillHeld} says no. */
  async take(key: string): Promise<boolean> {
    if (this.held.has(key)) return true;
    const connection = await this.connected();
    const [row] = (
      await connection.query<{ taken: boolean }>('SELECT pg_try_advisory_lock($1, hashtext($2)) AS taken', [LOCK, key])
    ).rows;
    if (row?.taken === true) this.held.add(key);
    return row?.taken === true;
  }

  async giveBack(key: string): Promise<void> {
    if (!this.held.delete(key)) return;
    await this.connection?.query('SELECT pg_advisory_unlock($1, hashtext($2))', [LOCK, key]);
  }

  /** Whether the connection that holds them is still there. When not, all of them are lost. */
  async stillHeld(): Promise<boolean> {
    if (this.held.size === 0) return true;
    try {
      await this.connection?.query('SELECT 1');
    } catch {
      this.release();
    }
    return this.held.size > 0;
  }

  /** All of them. */
  release(): void {
    this.held.clear();
    this.connection?.release(true);
    this.connection = undefined;
  }

  private async connected(): Promise<Connection> {
    if (this.connection) return this.connection;
    this.connecting ??= this.connect().finally(() => (this.connecting = undefined));
    return (this.connection = await this.connecting);
  }

  private async connect(): Promise<Connection> {
    const connection = await this.database.connect();
    connection.once('end', () => {
      if (this.connection === connection) this.release();
    });
    return connection;
  }
}

import type { OwnerDatabase } from '@puente/database';
import type { Origin } from '../audit/append-entry';
import { EncryptionKeyRetiredError } from '../envelopes/envelope.errors';
import { assertFits, readKeys } from '../envelopes/key-records';
import type { KeyProvider } from '../envelopes/key-provider.port';
import { recordForPlatform, retireIn } from './key-retirement';
import { KeyRotationRefusedError } from './key-rotation.errors';
import { Rewrapping, type RewrapProgress, type UnreadableRow } from './rewrapping';
import { countUses, type KeyUse } from './wrapped-columns';

/** Any number; of two runs the second waits for the first. */
const LOCK = 7_164_100_007;

export interface RotationProgress extends RewrapProgress {
  /** Another run is at work on this database; this one begins when that one ends. */
  waiting(): void;
}

export interface RotationReport {
  /** The key that everything lies under now. */
  readonly kid: string;
  readonly rewrapped: number;
  /** Rows whose data key does not open. They are as they were; the others are done. */
  readonly unreadable: readonly UnreadableRow[];
  /** Old keys under which some process wrote while this ran: it still has the old order of keys. Not retired. */
  readonly stillWritten: readonly string[];
  readonly retired: readonly string[];
  readonly uses: readonly KeyUse[];
}

/**
 * Re-wraps every data key under the first key of the ring, while everything else goes on. A data key is unwrapped and
 * wrapped again; what it encrypts is neither read nor written.
 *
 * Each row is a transaction of its own, and what is left to do is what the rows themselves say (`kid` is not the active
 * one): a run that was killed anywhere is finished by the next one. As the owner, across all tenants and by an explicit
 * policy; the app's role gets no path to other tenants by it.
 */
export class KeyRotation {
  constructor(
    private readonly database: OwnerDatabase,
    private readonly keys: KeyProvider,
  ) {}

  /**
   * What lies under which key before a run; changes nothing.
   *
   * @throws {KeyRotationRefusedError} {@link EncryptionKeyRetiredError} {@link KeyRingMismatchError}
   */
  async plan(): Promise<readonly KeyUse[]> {
    await this.assertMayRotate();
    return countUses(this.database);
  }

  /** @throws {KeyRotationRefusedError} {@link EncryptionKeyRetiredError} {@link KeyRingMismatchError} */
  async run(origin: Origin, progress: RotationProgress): Promise<RotationReport> {
    return this.alone(progress, async () => {
      const before = await this.plan();
      const kid = this.keys.activeKid;
      const waiting = before.filter((use) => use.kid !== kid);
      if (waiting.length > 0) await this.begin(origin, waiting);
      const rewrapping = new Rewrapping(this.database, this.keys, progress);
      await rewrapping.run();
      const { retired, stillWritten } = await this.conclude(origin, rewrapping, waiting.length > 0);
      const { rewrapped, unreadable } = rewrapping;
      return { kid, rewrapped, unreadable, stillWritten, retired, uses: await countUses(this.database) };
    });
  }

  private begin(origin: Origin, waiting: readonly KeyUse[]): Promise<void> {
    const rows = waiting.reduce((sum, use) => sum + use.rows, 0);
    const entry = { action: 'encryption_key.rotation_started', kid: this.keys.activeKid, detail: { rows } };
    return this.database.transaction((tx) => recordForPlatform(tx, origin, { ...entry, outcome: 'done' }));
  }

  /** Retires what came into use before the active key and is not used any more, and says so, all at once or not at all. */
  private conclude(
    origin: Origin,
    done: Rewrapping,
    isWorkDone: boolean,
  ): Promise<Pick<RotationReport, 'retired' | 'stillWritten'>> {
    const { activeKid: kid } = this.keys;
    return this.database.transaction(async (tx) => {
      const known = await readKeys(tx);
      const older = known.slice(
        0,
        known.findIndex((key) => key.kid === kid),
      );
      const retired: string[] = [];
      const stillWritten = new Set(done.stillWritten);
      for (const key of older) {
        if (key.retiredAt || stillWritten.has(key.kid)) continue;
        const retirement = await retireIn(tx, origin, key.kid);
        if (retirement.kind === 'retired') retired.push(key.kid);
        // Written after the last pass; what does not open stays under its key as well, and is no news.
        if (retirement.kind === 'in_use' && retirement.rows > done.unreadableUnder(key.kid)) stillWritten.add(key.kid);
      }
      const concluded = { retired, stillWritten: [...stillWritten] };
      if (!isWorkDone && retired.length === 0) return concluded;
      await recordForPlatform(tx, origin, {
        action: 'encryption_key.rotation_finished',
        kid,
        outcome: done.unreadable.length === 0 ? 'done' : 'failed',
        detail: { rewrapped: done.rewrapped, unreadable: done.unreadable.length, retired: retired.length },
      });
      return concluded;
    });
  }

  /** Only forward, and only to a key that running processes have: the others could read nothing any more. */
  private async assertMayRotate(): Promise<void> {
    const known = await readKeys(this.database);
    await assertFits(this.keys, known);
    const kid = this.keys.activeKid;
    const at = known.findIndex((key) => key.kid === kid);
    if (at === -1)
      throw new KeyRotationRefusedError(
        `No process has been started with ${kid} as the first key of its ring. Hand ${kid} to every process, start them again, then rotate.`,
      );
    if (known[at]?.retiredAt) throw new EncryptionKeyRetiredError(kid);
    const newer = known.slice(at + 1).filter(({ retiredAt }) => !retiredAt);
    if (newer.length > 0)
      throw new KeyRotationRefusedError(
        `${newer.map((key) => key.kid).join(', ')} came into use after ${kid}, so this key ring is not the one that processes run with. Put the newest key first.`,
      );
  }

  /** The lock belongs to the connection: a run that is killed gives it up. */
  private async alone<T>(progress: RotationProgress, work: () => Promise<T>): Promise<T> {
    const connection = await this.database.connect();
    try {
      const free = await connection.query<{ free: boolean }>(`SELECT pg_try_advisory_lock($1) AS free`, [LOCK]);
      if (!free.rows[0]?.free) {
        progress.waiting();
        await connection.query(`SET statement_timeout = 0`);
        await connection.query(`SELECT pg_advisory_lock($1)`, [LOCK]);
      }
      return await work();
    } finally {
      connection.release(true);
    }
  }
}

import { Injectable, Logger } from '@nestjs/common';
import { Metrics } from '@puente/observability';
import type { Gauge } from 'prom-client';
import type { SnapshotHolder } from './snapshot-ages';

/** Where old snapshots are counted and written down. */
@Injectable()
export class SnapshotReports {
  private readonly log = new Logger('Snapshots');
  private readonly oldest: Gauge;

  constructor(metrics: Metrics) {
    this.oldest = metrics.gauge({
      name: 'puente_database_oldest_snapshot_seconds',
      help: 'Age of the oldest transaction, prepared transaction or replication slot that keeps PostgreSQL from cleaning up.',
    });
  }

  measured(seconds: number): void {
    this.oldest.set(seconds);
  }

  old({ kind, name, pid, role, state, seconds }: SnapshotHolder): void {
    const line = `A ${kind} (${name || 'unnamed'}${pid === null ? '' : `, pid ${String(pid)}`}) has been open for ${seconds.toFixed(0)} s: dead rows pile up and the ledger slows down until it ends`;
    this.log.error({ event: 'snapshot.old', kind, name, pid, role, state, seconds: Math.round(seconds) }, line);
  }

  released(heldS: number): void {
    this.log.log({ event: 'snapshot.released', heldS: Math.round(heldS) }, 'PostgreSQL can clean up again');
  }

  blind(): void {
    const line =
      'puente_owner may not see the transactions of others, so old ones are not noticed: run `puente migrate --bootstrap-sql` again as a superuser';
    this.log.warn({ event: 'snapshot.unseen' }, line);
  }
}

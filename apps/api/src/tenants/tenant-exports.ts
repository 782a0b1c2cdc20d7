import { Readable } from 'node:stream';
import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import { type ExportOptions, type Origin, TenantExport } from '@puente/tenancy';

/**
 * Exports on their way to somebody. Nothing is read faster than it is taken; who goes away ends it, and so does a
 * stopping process, which would otherwise wait for the slowest reader. An export that ends early lacks its last line.
 */
@Injectable()
export class TenantExports implements OnModuleDestroy {
  private readonly log = new Logger(TenantExports.name);
  private readonly open = new Set<Readable>();

  constructor(private readonly exports: TenantExport) {}

  async begin(origin: Origin, tenantId: string, options: ExportOptions): Promise<Readable> {
    const stream = Readable.from(await this.exports.begin(origin, tenantId, options));
    this.open.add(stream);
    stream.once('close', () => this.open.delete(stream));
    stream.once('error', (error) =>
      this.log.error({ event: 'tenant.export_failed', tenantId, err: error }, 'An export ended before its end'),
    );
    return stream;
  }

  /** How many are on their way. */
  get running(): number {
    return this.open.size;
  }

  onModuleDestroy(): void {
    for (const stream of this.open) stream.destroy(new Error('The process is stopping'));
  }
}

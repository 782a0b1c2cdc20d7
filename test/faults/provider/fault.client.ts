import type { EgressGuard } from '@puente/egress';
import type { OperationCall } from '@puente/integrations';
import type { Reconciliation, Secret } from '@puente/kernel';
import type { z } from 'zod';
import { HttpConnection } from '../../../libs/integrations/src/http';
import { Answered, type FaultConfig, type FaultSecrets, type Work } from './fault.schemas';

export type Door = 'put' | 'pay' | 'send';

/** The wire to the stand-in, over the connection that real providers use. */
export class FaultClient {
  private readonly http: HttpConnection;

  constructor(
    private readonly secrets: Secret<z.output<typeof FaultSecrets>>,
    { url }: z.output<typeof FaultConfig>,
    egress: EgressGuard,
  ) {
    this.http = new HttpConnection(url, (body) => body ?? {}, { egress });
  }

  async look(call: OperationCall): Promise<unknown> {
    return this.http.json({ method: 'GET', path: '/look', headers: this.headers(call), signal: call.signal });
  }

  async act(door: Door, work: Work, call: OperationCall): Promise<unknown> {
    // What no adapter should do, and some will: take the process with them, or throw what nobody expects.
    if (work.poison) process.kill(process.pid, 'SIGKILL');
    if (call.attempt <= work.throws) throw new TypeError('The adapter has a bug');
    return this.http.json({
      ...{ method: 'POST', path: `/${door}`, json: { ref: work.ref, bucket: work.bucket } },
      ...{ headers: this.headers(call), signal: call.signal },
    });
  }

  async ask(work: Work, call: OperationCall): Promise<Reconciliation> {
    const path = `/ask?ref=${encodeURIComponent(work.ref)}`;
    return Answered.parse(
      await this.http.json({ method: 'GET', path, headers: this.headers(call), signal: call.signal }),
    );
  }

  close(): void {
    this.http.close();
  }

  private headers({ operationId, dedupeKey, repeat, attempt }: OperationCall): Record<string, string> {
    return {
      authorization: `Bearer ${this.secrets.reveal().token}`,
      'x-operation': operationId ?? '',
      'x-key': dedupeKey,
      'x-repeat': String(repeat),
      'x-attempt': String(attempt),
    };
  }
}

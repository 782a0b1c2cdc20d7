import { Injectable } from '@nestjs/common';
import type { JsonObject, JsonValue } from '@puente/kernel';
import { PayloadUnreadableError } from '../ledger.errors';
import { LedgerLog } from '../ledger.log';
import type { OperationView } from '../operation';
import { isForAnotherProcess, PayloadCipher } from '../ports/payload-cipher.port';

/** A row as `VIEW` selects it, its output still sealed. */
export interface ViewRow {
  readonly id: string;
  readonly seq: string;
  readonly tenant_id: string;
  readonly provider: string;
  readonly operation: string;
  readonly integration: string;
  readonly lane_key: string;
  readonly order_key: string | null;
  readonly effect: OperationView['effect'];
  readonly on_unknown: OperationView['onUnknown'];
  readonly state: OperationView['state'];
  readonly attempt: number;
  readonly repeats: number;
  readonly maybe_sent: boolean;
  readonly output: JsonObject | null;
  readonly failure: string | null;
  readonly provider_code: string | null;
  readonly provider_status: number | null;
  readonly failure_message: string | null;
  readonly replay_of: string | null;
  readonly payload_expired_at: Date | null;
  readonly route_key: string | null;
  readonly next_attempt_at: Date;
  readonly deadline_at: Date | null;
  readonly created_at: Date;
  readonly updated_at: Date;
  readonly settled_at: Date | null;
  /** Since 1970; a Date forgets what is finer than a millisecond. */
  readonly settled_micros: string | null;
}

/** Turns rows into what clients and flows see. */
@Injectable()
export class OperationViews {
  constructor(
    private readonly cipher: PayloadCipher,
    private readonly log: LedgerLog,
  ) {}

  /** For reading: an output that does not open is left out and reported, and everything else is shown. */
  async of(row: ViewRow): Promise<OperationView> {
    try {
      return await this.whole(row);
    } catch (error) {
      if (isForAnotherProcess(error)) throw error; // "no output" would be a lie
      this.log.payloadUnreadable({ operationId: row.id, tenantId: row.tenant_id, column: 'output' }, error);
      return view(row, null);
    }
  }

  /** For acting on: half of it is not enough. @throws {PayloadUnreadableError} */
  async whole(row: ViewRow): Promise<OperationView> {
    return view(row, row.output === null ? null : await this.open(row, 'output', row.output));
  }

  /** @throws {PayloadUnreadableError}; as it came, what only this process cannot open */
  async open(
    row: Pick<ViewRow, 'id' | 'tenant_id'>,
    column: 'input' | 'output',
    envelope: JsonObject,
  ): Promise<JsonValue> {
    try {
      return await this.cipher.open({ tenantId: row.tenant_id, table: 'operations', rowId: row.id, column }, envelope);
    } catch (cause) {
      if (isForAnotherProcess(cause)) throw cause;
      throw new PayloadUnreadableError(row.id, column, cause);
    }
  }
}

function view(row: ViewRow, output: JsonValue | null): OperationView {
  return {
    id: row.id,
    tenantId: row.tenant_id,
    provider: row.provider,
    operation: row.operation,
    integration: row.integration,
    laneKey: row.lane_key,
    orderKey: row.order_key,
    effect: row.effect,
    onUnknown: row.on_unknown,
    state: row.state,
    attempt: row.attempt,
    repeats: row.repeats,
    maybeSent: row.maybe_sent,
    output,
    failure: row.failure,
    providerCode: row.provider_code,
    providerStatus: row.provider_status,
    failureMessage: row.failure_message,
    replayOf: row.replay_of,
    payloadExpiredAt: row.payload_expired_at,
    routeKey: row.route_key,
    nextAttemptAt: row.next_attempt_at,
    deadlineAt: row.deadline_at,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    settledAt: row.settled_at,
  };
}

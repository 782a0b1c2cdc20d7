/** How long things are kept, in days, and how gently they are removed. */
export interface RetentionValues {
  /** Input and output of operations that have ended. */
  readonly payloadDays: number;
  /** Operations with their tries and idempotency keys, marks against doubles, replays. */
  readonly rowDays: number;
  /** Both, of operations with the policy `payment`. */
  readonly paymentDays: number;
  /** Rows of the first batch; later ones follow the time they take. */
  readonly batch: number;
  /** A batch that takes longer than this is followed by a smaller one. */
  readonly batchMs: number;
  /** Pause after a batch, as a multiple of the time it took: 2 leaves the database two thirds of the time. */
  readonly pauseFactor: number;
}

export class RetentionSettings implements RetentionValues {
  readonly payloadDays: number;
  readonly rowDays: number;
  readonly paymentDays: number;
  readonly batch: number;
  readonly batchMs: number;
  readonly pauseFactor: number;

  /** @throws when payments would be kept for a shorter time than the rest, or payloads longer than their rows */
  constructor(values: Partial<RetentionValues> = {}) {
    this.payloadDays = values.payloadDays ?? 90;
    this.rowDays = values.rowDays ?? 400;
    this.paymentDays = values.paymentDays ?? 1_826;
    this.batch = values.batch ?? 500;
    this.batchMs = values.batchMs ?? 250;
    this.pauseFactor = values.pauseFactor ?? 2;
    if (this.payloadDays > this.rowDays || this.rowDays > this.paymentDays)
      throw new Error(
        `RETENTION_PAYLOAD_DAYS (${String(this.payloadDays)}) must not exceed RETENTION_ROW_DAYS (${String(this.rowDays)}), nor that RETENTION_PAYMENT_DAYS (${String(this.paymentDays)}).`,
      );
  }
}

import { Injectable } from '@nestjs/common';
import { AuditLog } from '@puente/tenancy';
import { PaymentSettings } from './payment-settings';

/** What a refund needs beside the call. */
@Injectable()
export class RefundSupport {
  constructor(
    readonly settings: PaymentSettings,
    readonly audit: AuditLog,
  ) {}
}

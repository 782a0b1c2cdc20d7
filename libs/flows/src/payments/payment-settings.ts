import { Injectable } from '@nestjs/common';
import { AppConfigService } from '@puente/config';

/** Everything about payments that depends on time or policy, as the installation has set it. */
@Injectable()
export class PaymentSettings {
  constructor(private readonly config: AppConfigService) {}

  /** A second press of the button gets the same form for so long: Webpay opens a token only in its first minutes. */
  get reuseMs(): number {
    return this.config.get('PAYMENTS_REUSE_MS');
  }

  /** How long the payer has at the form, for whoever shows it; Webpay itself keeps the clock. */
  get formMs(): number {
    return this.config.get('PAYMENTS_FORM_MS');
  }

  get expireMs(): number {
    return this.config.get('PAYMENTS_EXPIRE_MS');
  }

  /** How long a payer who came back waits for the answer of the commit. */
  get returnWaitMs(): number {
    return this.config.get('PAYMENTS_RETURN_WAIT_MS');
  }

  /** From the first commit on: until then one that had no effect is made again. */
  get commitRetryMs(): number {
    return this.config.get('PAYMENTS_COMMIT_RETRY_MS');
  }

  /** Until when Webpay answers questions, from the creation on. */
  get statusMs(): number {
    return this.config.get('PAYMENTS_STATUS_DAYS') * 86_400_000;
  }

  get refundMs(): number {
    return this.config.get('PAYMENTS_REFUND_DAYS') * 86_400_000;
  }

  get captureMs(): number {
    return this.config.get('PAYMENTS_CAPTURE_DAYS') * 86_400_000;
  }

  /** Reasons of a review after which the money is given back without asking anybody. */
  get autoRefund(): readonly string[] {
    return this.config.get('PAYMENTS_AUTO_REFUND');
  }

  /** Until the next question after so many: twice as long each time. */
  checkWaitMs(checks: number): number {
    const [base, cap] = [this.config.get('PAYMENTS_CHECK_MS'), this.config.get('PAYMENTS_CHECK_CAP_MS')];
    return Math.min(cap, base * 2 ** Math.min(checks, 30));
  }

  /** Where payers come back to. */
  get baseUrl(): string {
    const [host, port, url] = [this.config.get('HOST'), this.config.get('PORT'), this.config.get('API_URL')];
    return (url ?? `http://${host}:${String(port)}`).replace(/\/$/, '');
  }
}

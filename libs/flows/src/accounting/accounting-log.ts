import { Injectable, Logger } from '@nestjs/common';

/** Every line about accounting. Ids, routes and reasons; never an amount, a reference or a body. */
@Injectable()
export class AccountingLog {
  private readonly log = new Logger('Accounting');

  refused(tenantId: string, messageId: string, reason: string): void {
    this.log.warn(
      { event: 'accounting_message.refused', tenantId, messageId, reason },
      'A message of the accounting queue cannot become an entry; it goes to the dead-letter queue',
    );
  }

  conflicted(tenantId: string, entryId: string): void {
    this.log.warn(
      { event: 'accounting_entry.conflicted', tenantId, entryId },
      'The key of an entry came again with other contents; nothing was posted',
    );
  }

  ended(tenantId: string, entryId: string, state: string): void {
    this.log.warn(
      { event: 'accounting_entry.ended', tenantId, entryId, state },
      'An accounting entry is not in the books',
    );
  }

  messageFailed(tenantId: string, messageId: string | undefined, error: unknown): void {
    const said = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    this.log.error(
      { event: 'accounting_message.failed', tenantId, messageId, error: said },
      'A message of the accounting queue could not be taken; it stays there',
    );
  }
}

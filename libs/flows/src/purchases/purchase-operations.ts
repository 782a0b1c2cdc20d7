import { Injectable } from '@nestjs/common';
import type { TenantTransaction } from '@puente/database';
import { OperationLedger } from '@puente/ledger';
import { Mqtt } from '@puente/providers/mqtt';
import { Smtp } from '@puente/providers/smtp';
import type { ShopSettings } from './purchase-settings';
import { requestMessage, validationMessage } from './broker-messages';
import { type Decision, resultMail } from './result-mail';
import type { PurchaseRequest } from './request-rows';
import { findUser } from './wallets';

/** Whose step the settlement registry calls once other groups were told of a request of ours. */
export const REQUEST_SENT = 'purchases.sent';

/**
 * What the outside hears of a request: other groups by MQTT, its user by mail. Accepted with the change they tell of, so
 * that each is said if and only if it is true.
 */
@Injectable()
export class PurchaseOperations {
  constructor(
    private readonly mqtt: Mqtt,
    private readonly smtp: Smtp,
    private readonly ledger: OperationLedger,
  ) {}

  /** A lost answer is sent again: who hears a message twice finds the request's id in it. */
  async announceRequest(tx: TenantTransaction, request: PurchaseRequest, settings: ShopSettings): Promise<void> {
    const input = { topic: settings.requestTopic, payload: JSON.stringify(requestMessage(request)) };
    const id = await this.publish(tx, settings, input, {
      step: `request:${request.requestId}`,
      subscriber: REQUEST_SENT,
    });
    await tx.query(`UPDATE purchase_requests SET announce_operation_id = $3 WHERE tenant_id = $1 AND request_id = $2`, [
      ...[tx.tenantId, request.requestId, id],
    ]);
  }

  async announceValidation(
    tx: TenantTransaction,
    request: PurchaseRequest,
    valid: boolean,
    settings: ShopSettings,
  ): Promise<void> {
    const input = { topic: settings.validationTopic, payload: JSON.stringify(validationMessage(request, valid)) };
    await this.publish(tx, settings, input, { step: `validation:${request.requestId}` });
  }

  /** Nobody is written to whose address is not known, or in a shop without a mail account. */
  async mail(
    tx: TenantTransaction,
    request: PurchaseRequest,
    decision: Decision,
    settings: ShopSettings,
  ): Promise<void> {
    if (settings.smtp === null || request.userId === null) return;
    const user = await findUser(tx, request.userId);
    if (!user?.email) return;
    const { tenantId } = tx;
    const input = { to: user.email, ...resultMail(request, decision, user.name) };
    const operation = this.smtp.prepare('send', input, {
      // Sent again when its answer was lost: a receipt that comes twice has one Message-ID, one that never comes has none.
      ...{ tenantId, integration: settings.smtp, onUnknown: 'resend' },
      idempotency: { route: 'purchases', key: `mail:${request.requestId}`, request: { decision } },
    });
    await this.ledger.accept(tx, operation);
  }

  private async publish(
    tx: TenantTransaction,
    { mqtt }: ShopSettings,
    input: { readonly topic: string; readonly payload: string },
    { step, subscriber }: { readonly step: string; readonly subscriber?: string },
  ): Promise<string> {
    const operation = this.mqtt.prepare('publish', input, {
      ...{ tenantId: tx.tenantId, integration: mqtt, onUnknown: 'resend' as const, subscriber },
      idempotency: { route: 'purchases', key: step, request: input, subjectId: step.slice(step.indexOf(':') + 1) },
    });
    return (await this.ledger.accept(tx, operation)).operationId;
  }
}

import { Injectable, Logger } from '@nestjs/common';

/** Every line about webhooks. Ids and reasons; never a payload, a URL's query or a secret. */
@Injectable()
export class WebhookLog {
  private readonly log = new Logger('Webhooks');

  endpointDisabled(tenantId: string, endpointId: string, reason: string): void {
    this.log.warn(
      { event: 'webhook_endpoint.disabled', tenantId, endpointId, reason },
      'A webhook endpoint was disabled; its events are held',
    );
  }

  deliveriesEnded(tenantId: string, endpointId: string, state: string, deliveries: number): void {
    this.log.warn(
      { event: 'webhook_delivery.ended', tenantId, endpointId, state, deliveries },
      'Deliveries to a webhook endpoint ended without success',
    );
  }

  endpointRecovered(tenantId: string, endpointId: string): void {
    this.log.log(
      { event: 'webhook_endpoint.recovered', tenantId, endpointId },
      'A webhook endpoint that failed takes deliveries again',
    );
  }

  upkeepFailed(what: string, error: unknown): void {
    this.log.error(
      { event: 'webhook_upkeep.failed', what, error: said(error) },
      'Upkeep of webhooks failed; it is tried again',
    );
  }
}

function said(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}

import type { EgressGuard } from '@puente/egress';
import type { OperationCall } from '@puente/integrations';
import { HttpConnection } from '@puente/integrations';
import type { Secret } from '@puente/kernel';
import { acmeShopFault } from './acme-shop.errors';
import type { CreateItem, AcmeShopSecrets } from './acme-shop.schemas';

/** Acme Shop over its REST API: one request a call, as the shared chain wants it. */
export class AcmeShopClient {
  private readonly http: HttpConnection;

  constructor(
    private readonly secrets: Secret<AcmeShopSecrets>,
    base: string,
    egress: EgressGuard,
  ) {
    this.http = new HttpConnection(base, acmeShopFault, { egress });
  }

  close(): void {
    this.http.close();
  }

  async getAccount(signal: AbortSignal): Promise<unknown> {
    return this.http.json({ method: 'GET', path: '/account', headers: this.authorization(), signal });
  }

  /** `dedupeKey` is the same over all tries of one operation: by it the provider knows a repeat. */
  async createItem(input: CreateItem, call: Pick<OperationCall, 'dedupeKey' | 'signal'>): Promise<unknown> {
    return this.http.json({
      method: 'POST',
      path: '/items',
      headers: { ...this.authorization(), 'idempotency-key': call.dedupeKey },
      json: input,
      signal: call.signal,
    });
  }

  private authorization(): { readonly authorization: string } {
    return { authorization: `Bearer ${this.secrets.reveal().apiKey}` };
  }
}

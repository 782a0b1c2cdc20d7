import type { IntegrationRef } from '@puente/tenancy';

/** Where the credentials of an endpoint lie: URL, signing secrets, values of headers. */
export function integrationOf(tenantId: string, endpointId: string): IntegrationRef {
  return { tenantId, provider: 'webhooks', name: endpointId };
}

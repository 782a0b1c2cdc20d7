import { PUBLISHED_ACCOUNTS } from '@puente/providers/webpay';

/** What the demo tenant registers at Webpay, as `PUT /v1/integrations/webpay?name=…` takes it. */
export interface DemoWebpayAccount {
  readonly name: string;
  readonly secrets: { readonly apiKey: string };
  readonly config: Readonly<Record<string, unknown>>;
}

/**
 * One integration for each product, since a commerce code is of one: `default` is Webpay Plus. The credentials are those
 * that Transbank publishes for its integration environment, and the host is the stand-in: they are no secret here either.
 */
export function demoWebpayAccounts(sandboxUrl: string): readonly DemoWebpayAccount[] {
  const { apiKey, plus, mall, oneclick } = PUBLISHED_ACCOUNTS;
  const place = { environment: 'integration', host: `${sandboxUrl}/webpay` };
  return [
    { name: 'default', secrets: { apiKey }, config: { ...place, ...plus } },
    { name: 'mall', secrets: { apiKey }, config: { ...place, ...mall, product: 'mall' } },
    { name: 'oneclick', secrets: { apiKey }, config: { ...place, ...oneclick, product: 'oneclick' } },
  ];
}

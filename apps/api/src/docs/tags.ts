import type { AnyProvider } from '@puente/integrations';

interface Tag {
  readonly name: string;
  readonly description: string;
}

/** What the groups of routes are for; each name is the `@ApiTags` of a controller. */
const TAGS: Readonly<Record<string, string>> = {
  Tenants: 'Who uses this installation. For the platform’s administrators.',
  'API keys': 'Keys of the caller’s own tenant.',
  Integrations: 'A tenant’s accounts with providers. Secrets go in and never come out.',
  Operations: 'What was asked of providers, and what came of it.',
  Notifications: 'Messages to people and systems, through a queue and a topic of the tenant.',
  'Dead letters': 'Messages that could not be published: why, and the way back into the queue.',
  Webhooks: 'Events that are signed and sent to the tenant’s own systems and customers.',
  Payments: 'Orders paid with Webpay, and money given back.',
  Purchases: 'Units of which there are only so many, wallets, and paying for requests with Webpay.',
  Accounting: 'Entries and partners in the tenant’s Odoo, each once.',
  Functions: 'The tenant’s own functions, by what they are for.',
  Audit: 'Who did what, and what this installation integrates with.',
  Health: 'For supervisors and load balancers.',
};

/** The groups, then one per provider, as the tags of the document. */
export function describedTags(providers: readonly AnyProvider[]): Tag[] {
  return [
    ...Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    ...providers.map(({ meta }) => ({
      name: meta.title,
      description: `Operations of ${meta.title}, by ${meta.vendor}. Document ${meta.code}.`,
    })),
  ];
}

import { z } from 'zod';

/** Encrypted on arrival, never shown again. */
export const AcmeShopSecrets = z.strictObject({
  apiKey: z
    .string()
    .min(8)
    .max(512)
    .regex(/^[\x21-\x7e]+$/, 'expected printable ASCII without spaces')
    .meta({ description: 'API key.' }),
});

export type AcmeShopSecrets = z.output<typeof AcmeShopSecrets>;

/** Shown to whoever may see the integration. */
export const AcmeShopConfig = z.strictObject({
  endpoint: z
    .url({ protocol: /^https?$/ })
    .optional()
    .meta({
      description:
        'Address instead of the provider’s own. Https on the public internet, or in a network that the operator allows.',
    }),
});

export type AcmeShopConfig = z.output<typeof AcmeShopConfig>;

export const GetAccount = z.strictObject({});

export const Account = z.object({ name: z.string() });

export const CreateItem = z.strictObject({
  name: z.string().min(1).max(200),
});

export type CreateItem = z.output<typeof CreateItem>;

/** Fields that are not declared here are not kept; an answer without these is `unknown`, never a success. */
export const Item = z.object({ id: z.string().min(1), name: z.string() });

import { z } from 'zod';
import { headerNameProblem, headerValueProblem } from './custom-headers';
import { secretProblem } from './signing-secret';

/** Valid side by side, old ones of a rotation included. */
export const MOST_SIGNING_SECRETS = 10;
const MAX_HEADERS = 20;

/** What the policy `webhook` gives every call. */
export const LONGEST_TIMEOUT_S = 20;

/** One secret that signs. Several are valid side by side while a receiver changes from one to the next. */
export const SigningSecretField = z.strictObject({
  secret: z
    .string()
    .max(256)
    .superRefine((secret, context) => {
      const message = secretProblem(secret);
      if (message !== undefined) context.addIssue({ code: 'custom', message });
    })
    .meta({ description: 'HMAC-SHA256: whsec_ and 24 to 64 bytes of base64. ed25519: whsk_ and a seed in base64.' }),
  expiresAt: z.iso
    .datetime({ offset: true })
    .optional()
    .meta({ description: 'When it signs no more. Left out: as long as it is there.' }),
});

/** Encrypted on arrival, never shown again. */
export const WebhookSecrets = z.strictObject({
  signing: z
    .array(SigningSecretField)
    .min(1)
    .max(MOST_SIGNING_SECRETS)
    .refine((keys) => keys.some(({ expiresAt }) => expiresAt === undefined), 'one of them must not expire')
    .meta({ description: 'What messages are signed with.' }),
  headers: z
    .record(z.string(), z.string())
    .superRefine((headers, context) => {
      for (const [name, value] of Object.entries(headers)) {
        const message = headerNameProblem(name) ?? headerValueProblem(value);
        if (message !== undefined) context.addIssue({ code: 'custom', path: [name], message });
      }
      const names = Object.keys(headers).map((name) => name.toLowerCase());
      if (new Set(names).size < names.length) context.addIssue({ code: 'custom', message: 'names a header twice' });
      if (names.length > MAX_HEADERS)
        context.addIssue({ code: 'custom', message: `has more than ${String(MAX_HEADERS)}` });
    })
    .optional()
    .meta({ description: 'Headers of the receiver’s own, by name: a token, a tenant.' }),
});

export type WebhookSecrets = z.output<typeof WebhookSecrets>;

/** Shown to whoever may see the endpoint. */
export const WebhookConfig = z.strictObject({
  url: z
    .url({ protocol: /^https?$/, error: 'expected an https URL' })
    .max(2_048)
    .refine(isPlain, 'must not carry user information or a fragment')
    .meta({ description: 'Where messages are posted to.' }),
  headerNames: z
    .array(z.string().max(100))
    .max(MAX_HEADERS)
    .optional()
    .meta({ description: 'Names of the headers whose values are among the secrets, for people to see.' }),
  ratePerSecond: z
    .int()
    .min(1)
    .max(1_000)
    .optional()
    .meta({ description: 'At most so many messages a second. Left out: no limit.' }),
  timeoutSeconds: z
    .int()
    .min(1)
    .max(LONGEST_TIMEOUT_S)
    .optional()
    .meta({ description: 'How long an answer may take, its body included. Left out: 20.' }),
});

export type WebhookConfig = z.output<typeof WebhookConfig>;

function isPlain(text: string): boolean {
  if (!URL.canParse(text)) return true;
  const { username, password, hash } = new URL(text);
  return username === '' && password === '' && hash === '';
}

/** Characters, of which UTF-8 makes at most three bytes each. What an event may have in bytes is the flow’s to say. */
const MAX_BODY = 1_048_576;

export const Deliver = z.strictObject({
  messageId: z
    .string()
    .regex(/^msg_[0-9A-Za-z-]{1,100}$/, 'expected msg_ and letters, digits and hyphens')
    .meta({
      description: 'Becomes webhook-id: the same for every try and every repeat, so that the receiver knows them.',
    }),
  body: z.string().min(1).max(MAX_BODY).meta({ description: 'Exactly the bytes that are signed and sent.' }),
  eventType: z.string().min(1).max(256),
});

export type Deliver = z.output<typeof Deliver>;

const status = z.int().min(200).max(299);

export const Delivered = z.object({
  status: status.meta({ description: 'What the receiver answered; only 2xx is a success.' }),
  excerpt: z.string().optional().meta({ description: 'The beginning of its answer, at most 4 KiB.' }),
});

export type Delivered = z.output<typeof Delivered>;

export const Ping = z.strictObject({});

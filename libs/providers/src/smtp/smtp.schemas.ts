import { isIP } from 'node:net';
import { z } from 'zod';

// eslint-disable-next-line no-control-regex -- control characters are what is looked for: with a line break begins a header
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]|\p{Cs}/u;
// eslint-disable-next-line no-control-regex -- as above; tabs and line breaks are text
const UNPRINTABLE = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]|\p{Cs}/u;
const HOST_NAME = /^[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?$/;
const MAX_PART = 262_144;

const line = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .refine((text) => !CONTROL.test(text), 'must be one line without control characters');

/** One address, without a name and without anything that a header could take for a second one. */
const Address = z.email().max(254);

/** Encrypted on arrival, never shown again. A relay of a private network may want neither. */
export const SmtpSecrets = z
  .strictObject({
    user: line(512).optional().meta({ description: 'As which the server knows us.' }),
    password: z
      .string()
      .min(1)
      .max(4_096)
      .optional()
      .meta({ description: 'Its password, or one for this application.' }),
  })
  .refine(({ user, password }) => (user === undefined) === (password === undefined), {
    path: ['password'],
    error: 'user and password go together',
  });

export type SmtpSecrets = z.output<typeof SmtpSecrets>;

/** Shown to whoever may see the account. */
export const SmtpConfig = z.strictObject({
  host: z
    .string()
    .max(253)
    .refine((host) => isIP(host) !== 0 || HOST_NAME.test(host), 'expected a host name or an address')
    .meta({ description: 'The server that takes our mail.', examples: ['smtp.example.com'] }),
  port: z.int().min(1).max(65_535).optional().meta({ description: '587 when left out; 465 with tls, 25 with none.' }),
  security: z.enum(['starttls', 'tls', 'none']).optional().meta({
    description:
      'starttls (when left out): nothing is said before the connection is encrypted. tls: it is from its first byte. none: only within networks the operator allows.',
  }),
  ca: z
    .string()
    .max(65_536)
    .regex(/^\s*-----BEGIN CERTIFICATE-----[\s\S]+-----END CERTIFICATE-----\s*$/, 'expected certificates in PEM')
    .optional()
    .meta({
      description: 'Authorities that the server’s certificate may come from, in PEM, in place of the usual ones.',
    }),
  fromAddress: Address.meta({ description: 'Sender of what names none.', examples: ['pagos@example.com'] }),
  fromName: line(100)
    .optional()
    .meta({ description: 'Name beside that address.', examples: ['Tienda'] }),
});

export type SmtpConfig = z.output<typeof SmtpConfig>;

const body = z
  .string()
  .min(1)
  .max(MAX_PART)
  .refine((text) => !UNPRINTABLE.test(text), 'must not have control characters beside tabs and line breaks');

export const SendMail = z
  .strictObject({
    from: Address.optional().meta({ description: 'In place of fromAddress of the configuration.' }),
    to: Address.meta({
      description: 'One recipient: of several, some might be refused.',
      examples: ['cliente@example.com'],
    }),
    subject: line(255).meta({ examples: ['Tu pago fue aprobado'] }),
    text: body.optional().meta({ description: 'For readers that show no HTML.' }),
    html: body.optional(),
    messageId: z
      .string()
      .max(250)
      .regex(/^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9.-]+$/, 'expected left@right, without angle brackets')
      .optional()
      .meta({
        description:
          'Message-ID, the same for what a reader should take for the same. Left out: made of the operation’s id.',
      }),
  })
  .refine(({ text, html }) => text !== undefined || html !== undefined, {
    path: ['text'],
    error: 'expected text, html or both',
  });

export type SendMail = z.output<typeof SendMail>;

export const Sent = z.object({
  messageId: z.string().min(3).meta({ description: 'Message-ID, without angle brackets.' }),
  response: z.string().optional().meta({ description: 'What the server said when it took the message.' }),
});

export type Sent = z.output<typeof Sent>;

export const CheckConnection = z.strictObject({});

export const Connected = z.object({
  security: z.enum(['starttls', 'tls', 'none']),
  authenticated: z.boolean().meta({ description: 'false: no user is configured.' }),
});

export type Connected = z.output<typeof Connected>;

import { AppError, Cidr } from '@puente/kernel';
import { z } from 'zod';

/** A whole number; whatever is wrong with it, the answer is the range. */
function whole(least: number, most: number) {
  return z.coerce
    .number({ error: `expected a whole number from ${String(least)} to ${String(most)}` })
    .refine((value) => Number.isInteger(value) && value >= least && value <= most, {
      error: `expected a whole number from ${String(least)} to ${String(most)}`,
    });
}

const port = whole(0, 65_535);
const milliseconds = whole(1, 3_600_000);
const postgresUrl = z.url({ protocol: /^postgres(ql)?$/, error: 'expected a postgres:// URL' });
const list = z
  .string()
  .default('')
  .transform((text) =>
    text
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== ''),
  );
const ports = z
  .string()
  .default('443,8443')
  .transform((text) => (text === '' ? '443,8443' : text).split(',').map(Number))
  .refine((numbers) => numbers.every((number) => Number.isInteger(number) && number >= 1 && number <= 65_535), {
    error: 'expected ports from 1 to 65535, comma separated',
  });
const IPV4_MAPPED = Cidr.parse('::ffff:0:0/96');
const cidrs = list.superRefine((texts, context) => {
  for (const [at, text] of texts.entries()) {
    const cidr = Cidr.parse(text);
    if (cidr && cidr.bits > 0 && IPV4_MAPPED?.covers(cidr) === false) continue;
    const message = `entry ${String(at + 1)} is not the CIDR of a network, such as 10.20.0.0/16 or fd12::/48 (no bits beyond the prefix; not everything, as 0.0.0.0/0; IPv4 as IPv4)`;
    context.addIssue({ code: 'custom', message });
  }
});
/** An unset variable and an empty one mean the same: compose files and CI systems pass empty strings. */
const optional = <T extends z.ZodType>(schema: T) =>
  z.preprocess((value) => (value === '' ? undefined : value), schema.optional());

/** Reasons why money waits for a person, unless the installation decides otherwise. */
const AUTO_REFUNDS = ['double_payment', 'late_approval', 'mismatch'];

const flag = z
  .preprocess((value) => (value === '' ? undefined : value), z.enum(['true', 'false']).default('false'))
  .transform((text) => text === 'true');
/** A name of a Lambda function, or its ARN. */
const functionName = optional(z.string().regex(/^[\w:-]{1,170}$/, 'expected the name or the ARN of a Lambda function'));

/**
 * Every variable the processes read. `.env.example` is generated from it: the descriptions are its comments.
 * A tenant's credentials are not here: they live encrypted in `tenant_integrations`.
 */
export const AppConfigSchema = z.object({
  ENV: z
    .string()
    .regex(/^[a-z][a-z0-9]{0,11}$/, 'expected a short lower-case name such as prod')
    .default('prod')
    .describe('Name of this installation. Part of every API key and of names built from it.'),
  HOST: z.string().min(1).default('127.0.0.1').describe('Address the public API listens on.'),
  PORT: port.default(3000).describe('Port of the public API.'),
  WORKER_PORT: port.default(3001).describe("Port of the worker's own health and metrics."),
  API_URL: optional(z.url()).describe('Address under which clients reach the API; written into the OpenAPI document.'),
  LOG_LEVEL: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'silent'])
    .default('info')
    .describe('Least severe log line that is written.'),
  AUTH_FAILURES_PER_MINUTE: whole(10, 1_000_000)
    .default(300)
    .describe('Requests with a wrong API key that one address may make in a minute before it is answered with 429.'),
  METRICS_TOKEN: optional(z.string().min(16)).describe(
    'Bearer token that opens /metrics. Without it /metrics answers only to loopback.',
  ),

  DATABASE_APP_URL: postgresUrl.describe('PostgreSQL as puente_app: one tenant at a time, under row-level security.'),
  DATABASE_DISPATCH_URL: postgresUrl.describe(
    'PostgreSQL as puente_dispatch: operations of all tenants, no credentials.',
  ),
  DATABASE_AUTH_URL: postgresUrl.describe('PostgreSQL as puente_auth: reads API keys by prefix.'),
  DATABASE_OWNER_URL: optional(postgresUrl).describe(
    'PostgreSQL as puente_owner. Only `puente migrate` and `puente keys` need it.',
  ),
  DATABASE_POOL_MAX: whole(1, 200).default(10).describe('Connections per role and process.'),
  REDIS_URL: optional(z.url({ protocol: /^rediss?$/, error: 'expected a redis:// URL' })).describe(
    'Redis that counts the calls against the rate limits of providers, for all processes. Without it PostgreSQL does.',
  ),

  KEY_RING: optional(z.string().min(1)).describe(
    'Key-encryption keys as `kid:base64(32 bytes)`, comma separated; the first one encrypts.',
  ),
  KEY_RING_FILE: optional(z.string().min(1)).describe('File with the same, one key a line. Use this or KEY_RING.'),

  WORKER_CONCURRENCY: whole(1, 1000)
    .default(50)
    .describe('Operations one worker runs at a time; up to a tenth more for tenants that have little.'),
  LEASE_MS: milliseconds
    .default(30_000)
    .describe('How long a claimed operation belongs to its worker without a heartbeat.'),
  POLL_MS: milliseconds.default(500).describe('How often an idle worker looks for due operations when no hint came.'),
  SWEEP_MS: milliseconds.default(1_000).describe('How often expired leases are looked for.'),
  DRAIN_MS: milliseconds
    .default(25_000)
    .describe(
      'How long a stopping process lets calls in flight finish. Longer than a call may take (20 s); give its supervisor 15 s more.',
    ),

  DISPATCH_MODE: z
    .preprocess((value) => (value === '' ? undefined : value), z.enum(['postgres', 'sqs']).default('postgres'))
    .describe(
      'How workers hear of work that is due: postgres needs nothing else; sqs spreads it over many workers through the queue below.',
    ),
  DISPATCH_QUEUE_URL: optional(
    z.url().refine((url) => !url.endsWith('.fifo'), { error: 'expected the URL of a standard queue' }),
  ).describe(
    'Standard queue in our own AWS account that carries the ids of due operations, for DISPATCH_MODE=sqs. `puente queues create --dispatch` makes it.',
  ),

  SNAPSHOT_ALARM_MS: milliseconds
    .default(30_000)
    .describe('From when on a transaction that stays open is told by workers: it keeps PostgreSQL from cleaning up.'),
  RETENTION_PAYLOAD_DAYS: whole(1, 36_500)
    .default(90)
    .describe('How long input and output of operations that have ended are kept.'),
  RETENTION_ROW_DAYS: whole(30, 36_500)
    .default(400)
    .describe('How long operations themselves are kept, with their tries and idempotency keys. At least 30.'),
  RETENTION_PAYMENT_DAYS: whole(30, 36_500)
    .default(1_826)
    .describe('The same, content included, of operations with the policy payment.'),

  PAYMENTS_FORM_MS: milliseconds
    .default(240_000)
    .describe('How long payers have at the form of Webpay: 4 minutes in production, 10 in integration. Only shown.'),
  PAYMENTS_REUSE_MS: milliseconds
    .default(240_000)
    .describe(
      'How long a second payment of the same order gets the form of the first. Webpay opens a form for 5 minutes.',
    ),
  PAYMENTS_EXPIRE_MS: whole(1_800_000, 604_800_000)
    .default(2_700_000)
    .describe(
      'After how long a payment that nobody finished expires. At least 30 minutes: forms live longer than told.',
    ),
  PAYMENTS_RETURN_WAIT_MS: whole(1, 60_000)
    .default(15_000)
    .describe('How long a payer who comes back from the form waits for the answer of Webpay.'),
  PAYMENTS_COMMIT_RETRY_MS: milliseconds
    .default(600_000)
    .describe('How long after the first commit one that had no effect is made again.'),
  PAYMENTS_CHECK_MS: milliseconds
    .default(60_000)
    .describe(
      'After how long Webpay is first asked about a payment that is not decided; then twice as long each time.',
    ),
  PAYMENTS_CHECK_CAP_MS: whole(1, 86_400_000)
    .default(21_600_000)
    .describe('The longest wait between two such questions.'),
  PAYMENTS_STATUS_DAYS: whole(1, 30).default(7).describe('For how long Webpay answers them, from the creation on.'),
  PAYMENTS_REFUND_DAYS: whole(1, 365).default(90).describe('For how long Webpay gives money back.'),
  PAYMENTS_CAPTURE_DAYS: whole(1, 30).default(7).describe('For how long a deferred payment can be captured.'),
  PAYMENTS_AUTO_REFUND: list
    .refine((reasons) => reasons.every((reason) => AUTO_REFUNDS.includes(reason)), {
      error: `expected some of ${AUTO_REFUNDS.join(', ')}, comma separated`,
    })
    .describe(
      'What is refunded without asking anybody, comma separated: double_payment, late_approval, mismatch. Empty: a person decides.',
    ),

  NOTIFICATIONS_QUEUE_URLS: list.describe(
    'Notification queues in our own AWS account, comma separated; read with the credentials below.',
  ),
  REDIRECT_URL: optional(z.url({ protocol: /^https?$/ }).max(255)).describe(
    'Where Webpay sends payers of the purchases flow back to, for tenants whose settings name no redirect_url.',
  ),
  CUSTOMER_NOTIFICATION_SQS_URL: optional(z.url()).describe(
    'Queue of customer notifications in our own AWS account: each message becomes an event for the webhook endpoints of its user.',
  ),
  CUSTOMER_NOTIFICATION_DEAD_LETTER_SQS_URL: optional(z.url()).describe(
    'Its dead-letter queue; by default its name and -dead.',
  ),
  CUSTOMER_NOTIFICATION_TENANT_ID: optional(z.uuid()).describe('Whose customers they are.'),
  ACC_MOVE_SQS_URL: optional(z.url()).describe(
    'Queue of accounting entries and partners for Odoo in our own AWS account: each message becomes a call of its tenant’s Odoo.',
  ),
  ACC_MOVE_DEAD_LETTER_SQS_URL: optional(z.url()).describe('Its dead-letter queue; by default its name and -dead.'),
  ACC_MOVE_TENANT_ID: optional(z.uuid()).describe('Whose accounts they are.'),
  WEBHOOK_ENDPOINT_METRICS: whole(0, 100)
    .default(0)
    .describe(
      'How many webhook endpoints, the busiest ones, have metrics of their own at the /metrics of workers. Each is a few more time series; 0: none.',
    ),
  NOTIFICATIONS_RESEND_MS: whole(1_000, 86_400_000)
    .default(900_000)
    .describe(
      'After how long a sent notification that no queue gave back is sent again. Longer than the 5 minutes of deduplication.',
    ),
  FUNCTION_FINALITIXNOTIFICATIONS_NAME: functionName.describe(
    "Lambda function for users' e-mails and SMS. For tenants that name none of their own, like the next two.",
  ),
  FUNCTION_FINALITIXNOTIFICATIONSPUBSUB_NAME: functionName.describe(
    'Lambda function for real-time notifications over WebSocket.',
  ),
  FUNCTION_FINALITIXCONTACT_NAME: functionName.describe("Lambda function that creates or updates the payer's contact."),
  FUNCTION_NAMES_INCLUDE_ENV: flag.describe(
    'true: the three names are used as they are. false: `-` and ENV are added to each.',
  ),
  AWS_REGION: z.string().min(1).default('us-east-1').describe("Region of the platform's own queues."),
  AWS_ENDPOINT_URL: optional(z.url()).describe("Endpoint of the platform's own queues, when it is not AWS itself."),
  EGRESS_ALLOWED_CIDRS: cidrs.describe(
    'Networks beside the public internet that URLs given by tenants may lead to, as CIDRs, comma separated; there also over http and on any port. Empty: none.',
  ),
  EGRESS_PORTS: ports.describe('Ports that URLs given by tenants may have, comma separated.'),
});

export type AppConfig = Readonly<z.infer<typeof AppConfigSchema>>;

const CheckedConfig = AppConfigSchema.refine(
  ({ DISPATCH_MODE, DISPATCH_QUEUE_URL }) => DISPATCH_MODE !== 'sqs' || DISPATCH_QUEUE_URL !== undefined,
  { path: ['DISPATCH_QUEUE_URL'], error: 'is required for DISPATCH_MODE=sqs' },
);

type Environment = Readonly<Record<string, string | undefined>>;

/** Reads the environment once, at boot. A bad value stops the process and names the variable, never its value. */
export function loadConfig(env: Environment): AppConfig {
  return parse(CheckedConfig, env);
}

/** What `puente migrate` needs, and nothing else: it runs before the other roles have a schema to work on. */
export function loadOwnerUrl(env: Environment): string {
  return parse(z.object(ownerUrl), env).DATABASE_OWNER_URL;
}

const ownerUrl = { DATABASE_OWNER_URL: postgresUrl };

/** What `puente keys` needs: every tenant's wrapped keys, and the ring that opens them. */
export function loadKeysConfig(
  env: Environment,
): Pick<AppConfig, 'KEY_RING' | 'KEY_RING_FILE'> & { readonly DATABASE_OWNER_URL: string } {
  return parse(AppConfigSchema.pick({ KEY_RING: true, KEY_RING_FILE: true }).extend(ownerUrl), env);
}

function parse<T>(schema: z.ZodType<T>, env: Environment): Readonly<T> {
  const parsed = schema.safeParse(env, { reportInput: false });
  if (parsed.success) return Object.freeze(parsed.data);
  throw new InvalidConfigError(
    parsed.error.issues.map((issue) => {
      const name = issue.path.join('.');
      return `${name}: ${(env[name] ?? '') === '' ? 'is required and not set' : issue.message}`;
    }),
  );
}

/** Some variables are missing or wrong. Names and expectations only: the values may be secrets. */
export class InvalidConfigError extends AppError {
  readonly code = 'CONFIG_INVALID';

  constructor(readonly problems: readonly string[]) {
    super(`Invalid environment:\n  ${problems.join('\n  ')}`);
  }
}

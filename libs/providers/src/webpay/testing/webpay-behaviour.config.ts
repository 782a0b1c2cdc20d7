import { z } from 'zod';

const ms = z
  .int()
  .min(0)
  .max(400 * 86_400_000);

/**
 * Where Transbank's documents, its code and what others observed contradict each other, this decides: set over
 * `POST /_sandbox/webpay/config`, in part or whole. The defaults are the integration environment's as last observed.
 */
export const WebpayBehaviour = z.strictObject({
  /** How long an opened form can be used. Observed: 4 minutes in production, 10 in integration. */
  formTimeoutMs: ms.default(600_000),
  /** How long after its creation a token opens the form. */
  tokenOpenMs: ms.default(300_000),
  /** How long an approval waits for its commit; afterwards the transaction counts as aborted. */
  commitWindowMs: ms.default(600_000),
  /** How long an inscription waits for its finish. */
  finishWindowMs: ms.default(60_000),
  /** How the browser comes back when the payer cancels. */
  abortMethod: z.enum(['GET', 'POST']).default('GET'),
  /** Whether a cancelled Oneclick inscription comes back with `TBK_ID_SESION`. */
  oneclickAbortSession: z.boolean().default(true),
  /** What a second commit of the same token gets: the same answer, or a refusal. */
  secondCommit: z.enum(['same', '422']).default('same'),
  /** What a commit of an aborted or timed out transaction is told. */
  abortedCommit: z.enum(['finished state', "status '10'", "status '19'"]).default('finished state'),
  /** How long a commit takes; it holds its lock meanwhile. */
  commitLatencyMs: z.int().min(0).max(600_000).default(0),
  /** Whether the normal return comes twice, and from where. */
  duplicateReturn: z.enum(['none', 'browser', 'backend']).default('none'),
  backendReturnDelayMs: z.int().min(0).max(600_000).default(0),
  /** Whether the browser comes back after a form timed out. */
  timeoutReturn: z.enum(['always', 'never']).default('always'),
  /** Commerce codes that capture later, beside the published ones. */
  deferredCommerces: z.array(z.string()).default([]),
  /** Buy orders whose charge the issuer rejects, also the children of a mall. */
  rejectedBuyOrders: z.array(z.string()).default([]),
});

export type WebpayBehaviour = z.output<typeof WebpayBehaviour>;

export const usualBehaviour: WebpayBehaviour = WebpayBehaviour.parse({});

const DAY_MS = 86_400_000;

/** Windows that Transbank documents without contradiction. */
export const windows = {
  statusMs: 7 * DAY_MS,
  reversalMs: 3 * 3_600_000,
  nullificationMs: 90 * DAY_MS,
  captureMs: 7 * DAY_MS,
} as const;

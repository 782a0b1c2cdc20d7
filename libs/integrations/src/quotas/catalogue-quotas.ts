import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { type AnswerHead, type ProviderCall, SYSTEM_TENANT_ID } from '@puente/kernel';
import { type AnsweredQuota, type CallQuota, CallQuotas, type LimitFields, readRateLimits } from '@puente/resilience';
import { ProviderClients } from '../chain/provider-clients';
import { CredentialVault } from '../credential-vault.port';
import { retryAfterMs } from '../http/retry-after';
import { DEFAULT_INTEGRATION } from '../gateway/call-plan';
import type { RateLimitSpec } from '../provider';
import { ProviderCatalogue } from '../provider-catalogue';

const MOST_REMEMBERED = 10_000;

type Config = Readonly<Record<string, unknown>>;

interface CountedLimit {
  readonly spec: RateLimitSpec<Config>;
  /** Its number among the provider's limits: part of its key. */
  readonly at: number;
  /** What this integration says it is. Part of its key as well: another number is another count. */
  readonly own?: number;
}

/** What came of a configuration: the same object means that nothing changed. */
interface KnownQuotas {
  readonly config: Config;
  readonly quotas: readonly CallQuota[];
}

const NONE: readonly CallQuota[] = [];
const NO_CONFIG: Config = {};

/** What a provider's limits mean for one operation: worked out once. */
interface LimitPlan {
  readonly limits: readonly CountedLimit[];
  /** An integration's own configuration has a say. */
  readonly asksConfig: boolean;
  /** The input has a say. */
  readonly asksInput: boolean;
}

/**
 * Which of the limits in a provider's definition a call counts against. Worked out once for each tenant and operation,
 * except where the definition looks at the input. Where it looks at the integration's configuration, that is known from
 * the last call, which costs nothing: a change counts from the next call but one on.
 */
@Injectable()
export class CatalogueQuotas extends CallQuotas {
  private readonly known = new Map<string, KnownQuotas>();
  private readonly plans = new Map<string, LimitPlan>();

  constructor(
    private readonly catalogue: ProviderCatalogue,
    private readonly clients: ProviderClients,
    private readonly vault: CredentialVault,
  ) {
    super();
  }

  of(call: ProviderCall): readonly CallQuota[] | Promise<readonly CallQuota[]> {
    const plan = this.planOf(call);
    if (plan.asksInput && !plan.asksConfig) return quotasOf(call, plan.limits);
    const key = `${call.provider} ${call.operation} ${call.mode} ${call.tenantId} ${call.integration}`;
    const known = this.known.get(key);
    const config = plan.asksConfig ? (this.clients.configOf(call) ?? known?.config) : NO_CONFIG;
    if (!config) return this.firstOf(key, call, plan);
    if (known?.config === config && !plan.asksInput) return known.quotas;
    return this.remembered(key, config, configured(call, plan, config));
  }

  /** Of an integration that this process has not called yet. Whatever keeps the vault from answering ends the call, too. */
  private async firstOf(key: string, call: ProviderCall, plan: LimitPlan): Promise<readonly CallQuota[]> {
    try {
      const { config } = await this.vault.resolve(call.tenantId, call.provider, call.integration);
      return this.remembered(key, config, configured(call, plan, config));
    } catch {
      return NONE;
    }
  }

  private remembered(key: string, config: Config, quotas: readonly CallQuota[]): readonly CallQuota[] {
    if (this.known.size >= MOST_REMEMBERED) this.known.clear();
    this.known.set(key, { config, quotas });
    return quotas;
  }

  private planOf({ provider, operation, mode }: ProviderCall): LimitPlan {
    const key = `${provider} ${operation} ${mode}`;
    const known = this.plans.get(key);
    if (known) return known;
    const limits = this.catalogue
      .get(provider)
      .limits.map((spec, at) => ({ spec, at }))
      .filter(({ spec }) => spec.windowMs > 0 && counts(spec, operation, mode));
    const plan = {
      limits,
      asksConfig: limits.some(({ spec }) => spec.quotaOf !== undefined),
      asksInput: limits.some(({ spec }) => spec.cost !== undefined || spec.of !== undefined),
    };
    this.plans.set(key, plan);
    return plan;
  }
}

/** With the quotas that this integration says it has. */
function configured(call: ProviderCall, { limits, asksConfig }: LimitPlan, config: Config): readonly CallQuota[] {
  if (!asksConfig) return quotasOf(call, limits);
  const own = limits.flatMap((limit): CountedLimit[] => {
    if (!limit.spec.quotaOf) return [limit];
    const quota = limit.spec.quotaOf(config);
    return quota === undefined ? [] : [{ ...limit, own: quota }];
  });
  return own.length === 0 ? NONE : quotasOf(call, own);
}

/** A question is another request than the call it is about: of limits by operation it uses nothing. */
function counts({ operations }: RateLimitSpec<Config>, operation: string, mode: ProviderCall['mode']): boolean {
  return operations === undefined || (mode === 'call' && operations.includes(operation));
}

function quotasOf(call: ProviderCall, limits: readonly CountedLimit[]): readonly CallQuota[] {
  const told = limits.find(({ spec }) => spec.headers !== false);
  const quotas = limits.map((limit) => quotaOf(call, limit, limit === told)).filter(({ cost }) => cost > 0);
  // A provider may tell of limits that its definition does not know: then its word is all that counts.
  return quotas.length === 0 && (told || limits.length === 0) ? [untold(call)] : quotas;
}

/** @param isTheOne what names no window in an answer speaks of this limit and of no other */
function quotaOf(call: ProviderCall, { spec, at, own }: CountedLimit, isTheOne: boolean): CallQuota {
  const { provider, tenantId, integration, input, operation } = call;
  const { headers, windowMs } = spec;
  const isShared = spec.per === 'global';
  const apart = spec.of === undefined ? '' : `:${digest(spec.of(input, operation))}`;
  const number = own === undefined ? '' : `:${String(own)}`;
  return {
    key: `${provider}:${String(at)}:${isShared ? '*' : `${tenantId}:${integration}`}${apart}${number}`,
    limit: own ?? spec.quota,
    windowMs,
    name: spec.limite,
    owner: isShared
      ? { tenantId: SYSTEM_TENANT_ID, provider, integration: DEFAULT_INTEGRATION }
      : { tenantId, provider, integration },
    cost: spec.cost === undefined ? 1 : Math.max(0, Math.floor(spec.cost(input, operation))),
    enforced: spec.enforced ?? true,
    chosen: own !== undefined,
    told: headers === false ? undefined : (head) => wordFor(wordsOf(head, headers), windowMs, isTheOne),
  };
}

function untold({ provider, tenantId, integration }: ProviderCall): CallQuota {
  return {
    key: `${provider}:-:${tenantId}:${integration}`,
    limit: Number.MAX_SAFE_INTEGER,
    windowMs: 0,
    name: 'X-RateLimit',
    owner: { tenantId, provider, integration },
    cost: 1,
    enforced: true,
    told: (head) => wordsOf(head)[0],
  };
}

/** Of several quotas in one answer, the one with this window. */
function wordFor(words: readonly AnsweredQuota[], windowMs: number, isTheOne: boolean): AnsweredQuota | undefined {
  const own = words.find((word) => word.windowMs === windowMs);
  return own ?? (isTheOne ? words.find((word) => word.windowMs === undefined) : undefined);
}

/** A 429 that says when to come back says that nothing is left until then, whatever else it says. */
function wordsOf({ status, headers }: AnswerHead, fields?: LimitFields): readonly AnsweredQuota[] {
  const words = readRateLimits(headers, fields);
  if (status !== 429) return words;
  const resetsInMs = retryAfterMs(headers);
  return resetsInMs === undefined || resetsInMs === 0 ? words : [{ remaining: 0, resetsInMs }];
}

const digests = new Map<string, string>();

/** Of any text, at most 22 characters, so that a key has a bounded length. */
function digest(text: string): string {
  const known = digests.get(text);
  if (known !== undefined) return known;
  if (digests.size >= MOST_REMEMBERED) digests.clear();
  const made = createHash('sha256').update(text).digest('base64url').slice(0, 22);
  digests.set(text, made);
  return made;
}

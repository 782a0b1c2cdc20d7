import type { AnswerHead, ProviderCall } from '@puente/kernel';
import type { AnsweredQuota } from '../quota/rate-limit-headers';
import type { Quota } from './quota-store.port';

/** Whose health a quota's used part belongs to. */
export interface QuotaOwner {
  readonly tenantId: string;
  readonly provider: string;
  readonly integration: string;
}

/** One quota that a call counts against. */
export interface CallQuota extends Quota {
  readonly owner: QuotaOwner;
  /** The limit in the words of the provider's document. */
  readonly name: string;
  /** Points this call costs. */
  readonly cost: number;
  /** false: counted and warned about, but the provider itself refuses: accounts may have more than it publishes. */
  readonly enforced: boolean;
  /** Picks the provider's word about this quota out of its answer's; undefined: its answers do not speak of it. */
  readonly told?: ((words: readonly AnsweredQuota[]) => AnsweredQuota | undefined) | undefined;
}

export interface QuotasOfCall {
  readonly counted: readonly CallQuota[];
  /** Reads what the provider's answer says about its limits; undefined: nothing to read. */
  readonly read?: ((head: AnswerHead) => readonly AnsweredQuota[]) | undefined;
}

/** Which quotas a call counts against, by its provider's definition. The library that knows the catalogue implements it. */
export abstract class CallQuotas {
  abstract of(call: ProviderCall): QuotasOfCall;
}

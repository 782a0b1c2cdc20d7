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
  /** true: chosen by the integration's owner, who wants it used up. Nobody is warned about it, and it is no one's health. */
  readonly chosen?: boolean | undefined;
  /** What an answer says about this quota; left out: no answer speaks of it. */
  readonly told?: ((head: AnswerHead) => AnsweredQuota | undefined) | undefined;
}

/** Which quotas a call counts against, by its provider's definition. The library that knows the catalogue implements it. */
export abstract class CallQuotas {
  /** @returns at once, unless a quota depends on what has to be read first. Never rejects. */
  abstract of(call: ProviderCall): readonly CallQuota[] | Promise<readonly CallQuota[]>;
}

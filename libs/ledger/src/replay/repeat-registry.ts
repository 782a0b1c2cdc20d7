import { Injectable } from '@nestjs/common';
import type { TenantTransaction } from '@puente/database';

/** An operation that ended, and the new one that does it again. */
export interface Repeat {
  readonly of: string;
  readonly operationId: string;
}

/** Points a flow's own rows to the new operations, in the transaction that makes them. */
export type RepeatHandler = (tx: TenantTransaction, repeats: readonly Repeat[]) => Promise<void>;

/**
 * Who follows operations when somebody does them again, with a retry or a replay: flows whose rows name an operation. A
 * flow registers at start, in every process where that can happen.
 */
@Injectable()
export class RepeatRegistry {
  private readonly handlers = new Map<string, RepeatHandler>();

  /** @throws when another flow follows this provider's already */
  follow(provider: string, handler: RepeatHandler): void {
    if (this.handlers.has(provider)) throw new Error(`The operations of ${provider} are followed twice`);
    this.handlers.set(provider, handler);
  }

  async tell(tx: TenantTransaction, repeats: readonly (Repeat & { readonly provider: string })[]): Promise<void> {
    for (const [provider, handler] of this.handlers) {
      const own = repeats.filter((repeat) => repeat.provider === provider);
      if (own.length > 0) await handler(tx, own);
    }
  }
}

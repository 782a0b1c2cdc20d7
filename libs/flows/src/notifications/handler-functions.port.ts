import type { TenantTransaction } from '@puente/database';
import type { PrepareOptions } from '@puente/integrations';
import type { OnUnknown } from '@puente/kernel';
import type { NewOperation } from '@puente/ledger';

/** A function that messages can be handed to in place of SNS. */
export interface HandlerFunction {
  /** What a lost answer means for it, unless the handler says. */
  readonly onUnknown: OnUnknown;
  /** @param payload JSON text, which arrives byte for byte. @throws {InvalidInputError} it would be refused */
  prepare(payload: string, options: Omit<PrepareOptions, 'integration'>): NewOperation;
}

/**
 * The functions a handler can name. Another flow knows them and flows do not know each other: the app binds its class
 * here, see `NotificationsModule.forRoot`.
 */
export abstract class HandlerFunctions {
  /** What is behind each of these names for the tenant of the transaction, or in words why it cannot be used. */
  abstract find(
    tx: TenantTransaction,
    functions: readonly string[],
  ): Promise<ReadonlyMap<string, HandlerFunction | { readonly problem: string }>>;
}

import type { PreparedStatement, Queryable } from '@puente/database';
import { EncryptionKeyRetiredError } from './envelope.errors';

/** SQLSTATE of the trigger `key_in_use` (migration 1764000007000), which names the key as the detail. */
const REFUSED = 'PU001';

/** The same connection, for writing what was sealed. Its `query` says so when the key it was sealed under is retired. */
export function underLiveKey(tx: Queryable): Queryable {
  return {
    query: async <Row>(sql: string | PreparedStatement, params?: readonly unknown[]): Promise<Row[]> => {
      try {
        return await tx.query<Row>(sql, params);
      } catch (error) {
        const { code, detail } = error as { readonly code?: unknown; readonly detail?: unknown };
        if (code === REFUSED && typeof detail === 'string') throw new EncryptionKeyRetiredError(detail);
        throw error;
      }
    },
  };
}

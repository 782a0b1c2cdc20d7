import type { CancelSignal } from '@puente/kernel';
import { z } from 'zod';
import { type OdooConnection, wordsOf } from './odoo-connection';
import { OdooAnswerError, OdooUnreadableError } from './odoo.errors';
import type { TransportName } from './odoo.schemas';

const ServerVersion = z.object({ version: z.string() });
/** The first with JSON-2. */
const FIRST = 19;

export interface KnownVersion {
  /** `19.0`; of Odoo Online `saas~19.1`. */
  readonly version: string;
  readonly major: number;
}

/** @throws {OdooUnreadableError} */
export function versionIn(words: unknown): KnownVersion {
  const version = ServerVersion.safeParse(words).data?.version;
  const major = /^(?:saas[~-])?(\d+)/.exec(version ?? '')?.[1];
  if (version === undefined || major === undefined)
    throw new OdooUnreadableError('NOT_ODOO', 'The answer names no version of Odoo.');
  return { version, major: Number(major) };
}

/** Which protocol a server is spoken to in. Before 19 there is neither JSON-2 nor this question: its 404 is the answer. */
export async function transportOf(connection: OdooConnection, signal: CancelSignal): Promise<TransportName> {
  const answer = await connection.get('/web/version', signal);
  if (answer.status === 404) return 'json-rpc';
  if (answer.status !== 200) throw new OdooAnswerError(answer);
  return versionIn(wordsOf(answer)).major >= FIRST ? 'json-2' : 'json-rpc';
}

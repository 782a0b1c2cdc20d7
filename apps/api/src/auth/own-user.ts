import type { Caller } from '@puente/tenancy';
import { ForeignUserError } from '../http/http-errors';

/**
 * The user a request is about: the one it names, or the one its key is restricted to.
 *
 * @throws {ForeignUserError} the key is another user's
 */
export function ownUser<T extends string | undefined>({ userScope }: Caller, named: T): T | string {
  if (userScope === null || named === userScope) return named;
  if (named !== undefined) throw new ForeignUserError();
  return userScope;
}

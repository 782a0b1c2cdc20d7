import { notSent } from '@puente/kernel';
import { classifyOdooError, OdooNotReadyError } from './odoo.errors';

/**
 * What must be known before a call can be sent. When its answer is lost the call itself has certainly not been sent, and
 * can be tried again whatever its effect.
 *
 * @throws {OdooNotReadyError} instead of what leaves it unknown
 */
export async function beforehand<T>(question: () => Promise<T>): Promise<T> {
  try {
    return await question();
  } catch (error) {
    const failure = classifyOdooError(error);
    if (failure.kind !== 'unknown') throw error;
    throw new OdooNotReadyError(notSent('refused', { code: 'ODOO_NOT_READY', status: failure.status, message: `${failure.cause}: ${failure.code ?? 'no code'}` })); // prettier-ignore
  }
}

import { type ArgumentsHost, Injectable } from '@nestjs/common';
import { AppError } from '@puente/kernel';
import { AuditLog } from '@puente/tenancy';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import { ERROR_STATUS } from '../http/error-status';
import { type AuthenticatedRequest, originOf } from './caller.decorator';

/** Entries one key may cause in a minute: a client that polls for what is gone must not fill its tenant's trail. */
const ENTRIES_PER_MINUTE = 30;
const LONGEST_ID = 64;

/**
 * Who asks for an id that is not there may be looking for somebody else's (T01). The answer does not tell the two apart,
 * and neither can we: row-level security shows a tenant nothing but its own. So each is written into the trail of
 * the tenant that asked, where its auditors see a key that goes through ids.
 */
@Injectable()
export class NotFoundAudit {
  private readonly entries = new RateLimiterMemory({ points: ENTRIES_PER_MINUTE, duration: 60 });

  constructor(private readonly audit: AuditLog) {}

  /** Whether the error says that something is not there. */
  static isAbout(error: unknown): error is AppError {
    return error instanceof AppError && ERROR_STATUS[error.code] === 404;
  }

  /**
   * Writes down what {@link isAbout} says is worth it. Called by the filter through which every error leaves, not by an
   * interceptor, which would cost every request that succeeds.
   */
  async record(error: AppError, host: ArgumentsHost): Promise<void> {
    const { caller, params, method, routeOptions } = host.switchToHttp().getRequest<AuthenticatedRequest>();
    const { id } = params as { readonly id?: string };
    if (!caller || id === undefined) return;
    if ((await this.entries.penalty(caller.keyId)).consumedPoints > ENTRIES_PER_MINUTE) return;
    await this.audit.recordDenied(caller.tenantId, {
      ...originOf(host),
      action: 'resource.not_found',
      target: `${method} ${routeOptions.url ?? ''}`,
      detail: { id: id.slice(0, LONGEST_ID), code: error.code },
    });
  }
}

import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import { AppError } from '@puente/kernel';
import { AuditLog } from '@puente/tenancy';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import { catchError, from, type Observable, switchMap, throwError } from 'rxjs';
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
export class NotFoundAudit implements NestInterceptor {
  private readonly entries = new RateLimiterMemory({ points: ENTRIES_PER_MINUTE, duration: 60 });

  constructor(private readonly audit: AuditLog) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next
      .handle()
      .pipe(
        catchError((error: unknown) =>
          from(this.record(context, error)).pipe(switchMap(() => throwError(() => error))),
        ),
      );
  }

  private async record(context: ExecutionContext, error: unknown): Promise<void> {
    const { caller, params, method, routeOptions } = context.switchToHttp().getRequest<AuthenticatedRequest>();
    const { id } = params as { readonly id?: string };
    if (!caller || id === undefined || !(error instanceof AppError) || ERROR_STATUS[error.code] !== 404) return;
    if ((await this.entries.penalty(caller.keyId)).consumedPoints > ENTRIES_PER_MINUTE) return;
    await this.audit.recordDenied(caller.tenantId, {
      ...originOf(context),
      action: 'resource.not_found',
      target: `${method} ${routeOptions.url ?? ''}`,
      detail: { id: id.slice(0, LONGEST_ID), code: error.code },
    });
  }
}

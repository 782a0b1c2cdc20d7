import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { identifyCaller } from '@puente/observability';
import { ApiKeys, AuditLog, type Scope } from '@puente/tenancy';
import { ForbiddenError } from '../http/http-errors';
import { type AuthenticatedRequest, originOf } from './caller.decorator';
import { PUBLIC, SCOPES } from './scopes.decorator';

/** Authenticates the key, then compares scopes. Closed by default: a route that declares nothing is for nobody. */
@Injectable()
export class ApiKeyGuard implements CanActivate {
  constructor(
    private readonly keys: ApiKeys,
    private readonly reflector: Reflector,
    private readonly audit: AuditLog,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const places = [context.getHandler(), context.getClass()];
    if (this.reflector.getAllAndOverride<boolean | undefined>(PUBLIC, places)) return true;
    const request = context.switchToHttp().getRequest<AuthenticatedRequest>();
    const caller = await this.keys.authenticate(bearerToken(request.headers.authorization));
    const needed = this.reflector.getAllAndOverride<Scope[] | undefined>(SCOPES, places) ?? [];
    request.caller = caller;
    identifyCaller(caller);
    if (needed.some((scope) => caller.scopes.includes(scope))) return true;
    await this.audit.recordDenied(caller.tenantId, {
      ...originOf(context),
      action: 'request.refused',
      target: `${request.method} ${request.routeOptions.url ?? ''}`,
      detail: { needed: [...needed] },
    });
    throw new ForbiddenError(needed);
  }
}

/** The token of `Authorization: Bearer …`; an empty one is no key and fails like any wrong key. */
function bearerToken(header: string | undefined): string {
  return /^Bearer +(\S+)$/i.exec(header ?? '')?.[1] ?? '';
}

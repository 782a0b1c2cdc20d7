import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { AppError } from '@puente/kernel';
import { identifyCaller } from '@puente/observability';
import { ApiKeys, AuditLog, type Caller, type Scope, UnauthenticatedError } from '@puente/tenancy';
import { AuthFailures } from './auth-failures';
import { ForbiddenError, UserScopeError } from '../http/http-errors';
import { type AuthenticatedRequest, originOf } from './caller.decorator';
import { KNOWS_USERS, PUBLIC, SCOPES } from './scopes.decorator';

type Controller = ReturnType<ExecutionContext['getClass']>;
type Handler = ReturnType<ExecutionContext['getHandler']>;

/** Authenticates the key, then compares scopes. Closed by default: a route that declares nothing is for nobody. */
@Injectable()
export class ApiKeyGuard implements CanActivate {
  private readonly known = new Map<Controller, Map<Handler, Needed | typeof PUBLIC>>();

  constructor(
    private readonly keys: ApiKeys,
    private readonly reflector: Reflector,
    private readonly audit: AuditLog,
    private readonly failures: AuthFailures,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const needed = this.neededBy(context);
    if (needed === PUBLIC) return true;
    const request = context.switchToHttp().getRequest<AuthenticatedRequest>();
    const caller = await this.authenticate(request);
    request.caller = caller;
    identifyCaller(request.raw, caller);
    const refusal = refusalOf(caller, needed);
    if (!refusal) return true;
    await this.audit.recordDenied(caller.tenantId, {
      ...originOf(context),
      action: 'request.refused',
      target: `${request.method} ${request.routeOptions.url ?? ''}`,
      detail: { needed: [...needed.scopes] },
    });
    throw refusal;
  }

  /** What the decorators of a route say, read once: they cannot change. */
  private neededBy(context: ExecutionContext): Needed | typeof PUBLIC {
    const places = [context.getHandler(), context.getClass()] as const;
    const [handler, controller] = places;
    const known = this.known.get(controller) ?? new Map<Handler, Needed | typeof PUBLIC>();
    this.known.set(controller, known);
    let needed = known.get(handler);
    if (needed === undefined) {
      const isPublic = this.reflector.getAllAndOverride<boolean | undefined>(PUBLIC, [...places]);
      const scopes = this.reflector.getAllAndOverride<Scope[] | undefined>(SCOPES, [...places]) ?? [];
      const knowsUsers = this.reflector.getAllAndOverride<boolean | undefined>(KNOWS_USERS, [...places]) ?? false;
      needed = isPublic ? PUBLIC : { scopes, knowsUsers };
      known.set(handler, needed);
    }
    return needed;
  }

  private async authenticate({ ip, headers }: AuthenticatedRequest): Promise<Caller> {
    const token = bearerToken(headers.authorization);
    const checking = this.failures.check(ip, token);
    if (checking) await checking;
    try {
      const caller = await this.keys.authenticate(token);
      this.failures.succeeded(token);
      return caller;
    } catch (error) {
      if (error instanceof UnauthenticatedError) await this.failures.failed(ip, token);
      throw error;
    }
  }
}

interface Needed {
  /** Any one of them is enough. */
  readonly scopes: readonly Scope[];
  readonly knowsUsers: boolean;
}

/**
 * A key restricted to one end user opens only routes that know end users: a restriction that is not enforced would be
 * worse than a refusal.
 */
function refusalOf({ scopes, userScope }: Caller, needed: Needed): AppError | undefined {
  if (!needed.scopes.some((scope) => scopes.includes(scope))) return new ForbiddenError(needed.scopes);
  return userScope === null || needed.knowsUsers ? undefined : new UserScopeError();
}

/** The token of `Authorization: Bearer …`; an empty one is no key and fails like any wrong key. */
function bearerToken(header: string | undefined): string {
  return /^Bearer +(\S+)$/i.exec(header ?? '')?.[1] ?? '';
}

import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { Caller } from '@puente/tenancy';
import type { FastifyRequest } from 'fastify';

/** Who asks, as the guard found out; routes that are not public always have one. */
export interface AuthenticatedRequest extends FastifyRequest {
  caller?: Caller;
}

/** What an audit entry says of where a request came from. */
export interface Origin {
  readonly actor: string;
  readonly ip: string;
  readonly requestId: string;
}

export const CurrentCaller = createParamDecorator((_: unknown, context: ExecutionContext): Caller => callerOf(context));

export const CurrentOrigin = createParamDecorator((_: unknown, context: ExecutionContext): Origin => {
  const request = context.switchToHttp().getRequest<AuthenticatedRequest>();
  return { actor: `api-key:${callerOf(context).keyId}`, ip: request.ip, requestId: request.id };
});

function callerOf(context: ExecutionContext): Caller {
  const { caller } = context.switchToHttp().getRequest<AuthenticatedRequest>();
  if (!caller) throw new Error('This route is public and has no caller');
  return caller;
}

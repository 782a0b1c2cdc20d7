import { type ArgumentsHost, createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { Caller, Origin } from '@puente/tenancy';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { requestIdOf } from '../http/request-id';

/** Who asks, as the guard found out; routes that are not public always have one. */
export interface AuthenticatedRequest extends FastifyRequest {
  caller?: Caller;
}

export const CurrentCaller = createParamDecorator((_: unknown, context: ExecutionContext): Caller => callerOf(context));

/** What an audit entry says of where a request came from. */
export const CurrentOrigin = createParamDecorator((_: unknown, context: ExecutionContext): Origin => originOf(context));

export function originOf(host: ArgumentsHost): Origin {
  const http = host.switchToHttp();
  const { ip } = http.getRequest<AuthenticatedRequest>();
  return {
    actor: `api-key:${callerOf(host).keyId}`,
    ip,
    requestId: requestIdOf(http.getResponse<FastifyReply>()),
  };
}

/** @throws on a public route, which has no caller */
export function callerOf(host: ArgumentsHost): Caller {
  const { caller } = host.switchToHttp().getRequest<AuthenticatedRequest>();
  if (!caller) throw new Error('This route is public and has no caller');
  return caller;
}

import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';

/** Whether the client asked, by `Prefer: respond-async` (RFC 7240), not to be kept waiting. */
export const RespondAsync = createParamDecorator((_: unknown, context: ExecutionContext): boolean =>
  wantsRespondAsync(context.switchToHttp().getRequest<FastifyRequest>().headers),
);

export function wantsRespondAsync({ prefer }: FastifyRequest['headers']): boolean {
  if (prefer === undefined) return false;
  if (prefer === 'respond-async') return true;
  return String(prefer)
    .split(',')
    .some((token) => token.trim().toLowerCase() === 'respond-async');
}

import type { FastifyReply } from 'fastify';

/** The id that the trace's hook put on the answer before anything else ran. */
export function requestIdOf(reply: FastifyReply): string {
  return String(reply.getHeader('x-request-id') ?? '');
}

import type { FastifyReply, FastifyRequest } from 'fastify';
import { uuidv7 } from '@puente/kernel';
import { PROBLEM_CONTENT_TYPE, problemOf } from './problem';

/** What Fastify refuses before any route or middleware runs, such as an address that does not decode: a problem too. */
export function answerFrameworkError(
  error: { readonly statusCode?: number },
  _: FastifyRequest,
  reply: FastifyReply,
): void {
  const requestId = uuidv7();
  const status = error.statusCode ?? 400;
  const detail = 'The address of the request cannot be read.';
  const problem = problemOf({ status, code: 'BAD_REQUEST', detail, requestId });
  void reply
    .status(status)
    .header('content-type', PROBLEM_CONTENT_TYPE)
    .header('x-request-id', requestId)
    .send(problem);
}

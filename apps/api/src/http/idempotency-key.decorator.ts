import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { ApiHeader } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { BadRequestError } from './http-errors';

const KEY = /^[\x21-\x7e]{1,255}$/;
const QUOTED = /^"(.*)"$/;

/**
 * The `Idempotency-Key` header, or undefined. Both spellings in use are taken: bare, and the quoted string of the IETF
 * draft. 1 to 255 visible ASCII characters.
 */
export const IdempotencyKey = createParamDecorator((_: unknown, context: ExecutionContext): string | undefined =>
  idempotencyKeyOf(context.switchToHttp().getRequest<FastifyRequest>().headers),
);

/** Documents the header. @param description what the same key again does */
export const ApiIdempotencyKey = (description: string): MethodDecorator =>
  ApiHeader({ name: 'Idempotency-Key', required: false, description });

/** @throws {BadRequestError} `IDEMPOTENCY_KEY_INVALID` */
export function idempotencyKeyOf(headers: FastifyRequest['headers']): string | undefined {
  const header = headers['idempotency-key'];
  return header === undefined ? undefined : readIdempotencyKey(String(header));
}

/** @throws {BadRequestError} `IDEMPOTENCY_KEY_INVALID` */
function readIdempotencyKey(header: string): string {
  const key = QUOTED.exec(header)?.[1] ?? header;
  if (!KEY.test(key))
    throw new BadRequestError(
      'IDEMPOTENCY_KEY_INVALID',
      'Idempotency-Key: expected 1 to 255 visible ASCII characters without spaces.',
    );
  return key;
}

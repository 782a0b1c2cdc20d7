import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyRequest } from 'fastify';

/** A request whose route asked for its body as text. */
export interface TextRequest extends FastifyRequest {
  bodyText?: string;
}

const CONFIG = { keepBodyText: true } as const;

/** A route that passes its body on: the JSON is checked as everywhere, and its text is kept beside the parsed value. */
export const KeepBodyText = (): MethodDecorator => RouteConfig(CONFIG);

/** The body exactly as it was sent; undefined when there was none. Only with {@link KeepBodyText}. */
export const BodyText = createParamDecorator(
  (_: unknown, context: ExecutionContext): string | undefined =>
    context.switchToHttp().getRequest<TextRequest>().bodyText,
);

export function wantsBodyText(request: FastifyRequest): boolean {
  return (request.routeOptions.config as Partial<typeof CONFIG>).keepBodyText === true;
}

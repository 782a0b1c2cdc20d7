import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyRequest } from 'fastify';

const CONFIG = { takesForm: true } as const;
const FORM_TYPE = /^application\/x-www-form-urlencoded\s*(?:;|$)/i;

/** A route that takes a form of a browser (`application/x-www-form-urlencoded`), as others take JSON. */
export const TakesForm = (): MethodDecorator => RouteConfig(CONFIG);

export function isFormFor(request: FastifyRequest): boolean {
  const config = request.routeOptions.config as Partial<typeof CONFIG>;
  return config.takesForm === true && FORM_TYPE.test(request.headers['content-type'] ?? '');
}

/** Field → value, or all values of one that came more than once; without a prototype, as names come from outside. */
export function readForm(text: string): Readonly<Record<string, string | string[]>> {
  const fields = Object.create(null) as Record<string, string | string[]>;
  const form = new URLSearchParams(text);
  for (const name of new Set(form.keys())) {
    const values = form.getAll(name);
    fields[name] = values.length === 1 ? (values[0] ?? '') : values;
  }
  return fields;
}

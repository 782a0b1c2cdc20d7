import type { OpenAPIObject } from '@nestjs/swagger';

export type Paths = OpenAPIObject['paths'];
export type PathItem = Paths[string];
export type Operation = NonNullable<PathItem['post']>;
export type Responses = Operation['responses'];
export type Schema = NonNullable<NonNullable<OpenAPIObject['components']>['schemas']>[string];

/** In the order in which the document has them. */
export const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;

/** Every operation of the document, to be read or replaced. */
export function operationsOf(paths: Paths): { path: string; operation: Operation; replace: (by: Operation) => void }[] {
  return Object.entries(paths).flatMap(([path, item]) =>
    METHODS.flatMap((method) => {
      const operation = item[method];
      return operation ? [{ path, operation, replace: (by: Operation) => (item[method] = by) }] : [];
    }),
  );
}

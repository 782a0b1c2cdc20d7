import type { INestApplication, Type } from '@nestjs/common';
import { MetadataScanner, ModulesContainer, Reflector } from '@nestjs/core';
import type { Scope } from '@puente/tenancy';
import { PUBLIC, SCOPES } from '../auth/scopes.decorator';
import { type Operation, operationsOf, type Paths } from './openapi-types';

/** How a route of a controller is called in the document, and found again. */
export function operationId(controller: string, route: string): string {
  return `${controller.replace(/Controller$/, '')}.${route}`;
}

/**
 * Says of every route which keys open it, from the very metadata that the guard reads: `security` is empty for public
 * routes, and `x-puente-scopes` are the scopes of which a key needs one. A route that declares neither has no scopes and
 * is closed to all.
 */
export function describeAccess(app: INestApplication, paths: Paths): void {
  const access = routeAccess(app);
  for (const { operation, replace } of operationsOf(paths)) {
    const { description, ...rest } = access.get(operation.operationId ?? '') ?? forScopes([]);
    replace({
      ...operation,
      ...rest,
      description: [operation.description, description].filter((text) => text !== undefined).join(' '),
    });
  }
}

interface Access extends Pick<Operation, 'security'> {
  readonly 'x-puente-scopes'?: readonly Scope[];
  readonly description: string;
}

const FOR_ALL: Access = { security: [], description: 'Needs no key.' };

function forScopes(scopes: readonly Scope[]): Access {
  return {
    security: [{ apiKey: [] }],
    'x-puente-scopes': scopes,
    description: `Needs a key with the scope ${scopes.map((scope) => `\`${scope}\``).join(' or ')}.`,
  };
}

function routeAccess(app: INestApplication): ReadonlyMap<string, Access> {
  const reflector = app.get(Reflector);
  const controllers = [...app.get(ModulesContainer).values()].flatMap((module) =>
    [...module.controllers.values()].flatMap(({ metatype }) => (typeof metatype === 'function' ? [metatype] : [])),
  );
  return new Map(
    controllers.flatMap((controller) => {
      const prototype = controller.prototype as Record<string, Type>;
      return new MetadataScanner().getAllMethodNames(prototype).map((route): [string, Access] => {
        const places = [prototype[route], controller].filter((place) => place !== undefined) as Type[];
        const isPublic = reflector.getAllAndOverride<boolean | undefined>(PUBLIC, places) === true;
        const scopes = reflector.getAllAndOverride<Scope[] | undefined>(SCOPES, places) ?? [];
        return [operationId(controller.name, route), isPublic ? FOR_ALL : forScopes(scopes)];
      });
    }),
  );
}

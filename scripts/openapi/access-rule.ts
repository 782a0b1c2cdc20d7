import type { Oas3Rule } from '@redocly/openapi-core';

/** Whoever reads a route sees whether it needs a key and with which scopes; a route closed to all is a forgotten decorator. */
export const access: Oas3Rule = () => ({
  Operation(operation, { report, location }) {
    const scopes: unknown = (operation as { 'x-puente-scopes'?: unknown })['x-puente-scopes'];
    const isPublic = operation.security?.length === 0;
    if (isPublic === (Array.isArray(scopes) && scopes.length > 0)) {
      report({
        message: 'is neither public (`security: []`) nor opened by scopes: give the route @Scopes(…) or @Public().',
        location: location.child('security'),
      });
    }
  },
});

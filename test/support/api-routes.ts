import { api } from './sandbox';
import { bodyOf } from './sandbox-client';

export const SCOPES = ['client', 'admin', 'audit', 'platform'] as const;
export type Scope = (typeof SCOPES)[number];

export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

/** A route as the OpenAPI document describes it: the one list of routes that tests go through. */
export interface ApiRoute {
  /** `GET /v1/operations/{id}` */
  readonly name: string;
  readonly method: Method;
  readonly path: string;
  /** Of which a key needs one; undefined for public routes. */
  readonly scopes: readonly Scope[] | undefined;
  /** The document's own example: what the route would act on if nothing stopped it. */
  readonly body: unknown;
}

interface Media {
  readonly schema?: Schema;
  readonly example?: unknown;
  readonly examples?: Readonly<Record<string, { readonly value: unknown }>>;
}

interface Schema {
  readonly $ref?: string;
  readonly examples?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Schema>>;
}

interface Operation {
  readonly security?: readonly unknown[];
  readonly 'x-puente-scopes'?: readonly Scope[];
  readonly requestBody?: { readonly content: Readonly<Record<string, Media>> };
}

interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

/** Every route that the API documents, with provider operations one by one. */
export async function apiRoutes(): Promise<readonly ApiRoute[]> {
  const { paths, components } = bodyOf<OpenApi>(await api().get('/docs-json'), 200);
  return Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]): ApiRoute => {
      const isPublic = operation.security?.length === 0;
      return {
        name: `${method.toUpperCase()} ${path}`,
        method: method as Method,
        path,
        scopes: isPublic ? undefined : (operation['x-puente-scopes'] ?? []),
        body: exampleOf(operation.requestBody?.content['application/json'], components.schemas),
      };
    }),
  );
}

function exampleOf(media: Media | undefined, schemas: Readonly<Record<string, Schema>>): unknown {
  if (!media) return undefined;
  const [named] = Object.values(media.examples ?? {});
  return media.example ?? named?.value ?? exampleOfSchema(media.schema, schemas) ?? {};
}

/** The example of the whole, or one made of the examples of its fields. */
function exampleOfSchema(schema: Schema | undefined, schemas: Readonly<Record<string, Schema>>): unknown {
  const found = schema?.$ref === undefined ? schema : schemas[schema.$ref.split('/').at(-1) ?? ''];
  if (found?.examples?.[0] !== undefined) return found.examples[0];
  const fields = Object.entries(found?.properties ?? {}).filter(([, field]) => field.examples?.[0] !== undefined);
  return fields.length === 0
    ? undefined
    : Object.fromEntries(fields.map(([name, field]) => [name, field.examples?.[0]]));
}

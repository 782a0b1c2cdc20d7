import type { Oas3Rule, UserContext } from '@redocly/openapi-core';

type Schema = Readonly<Record<string, unknown>>;

/** Every JSON body, asked or answered, shows what it looks like: beside its schema or in it. Redocly's own rules hold examples to their schemas. */
export const examples: Oas3Rule = () => ({
  MediaType(media, context) {
    const beside = media.example ?? media.examples;
    if (beside !== undefined || isShown(media.schema as Schema | undefined, context)) return;
    context.report({
      message: 'has no example: give its DTO `.meta({ examples: [...] })`, or `example` beside the schema.',
      location: context.location,
    });
  },
});

/** A page shows its items, so a list of things with examples needs none of its own. */
function isShown(schema: Schema | undefined, context: UserContext): boolean {
  const { node } = context.resolve<Schema>(schema as never);
  if (!node) return false;
  if (node['examples'] !== undefined || node['example'] !== undefined) return true;
  const inner = [node['items'], ...Object.values((node['properties'] ?? {}) as Schema)];
  return inner.some((part) => part !== undefined && isShown(part as Schema, context));
}

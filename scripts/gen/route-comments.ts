import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { SwaggerModule } from '@nestjs/swagger';
import ts from 'typescript';

type Summaries = Readonly<Record<string, { readonly summary: string }>>;

/**
 * In `nest build` a plugin (nest-cli.json) turns the comments of routes into their summaries in OpenAPI. Here, where
 * nothing is built, they are read from the sources; test/e2e/openapi.e2e-spec.ts compares the outcome with what the
 * built API serves. The plugin's other gift, answers inferred from types, is not needed: every route declares its own.
 */
export async function loadRouteComments(folder: string): Promise<void> {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.controller.ts'))
    .map((file) => path.join(folder, file));
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- whoever runs this compiles it to CommonJS, and the plugin's format wants the loaded module
  const controllers = files.map((file) => [require(file) as object, comments(file)]);
  await SwaggerModule.loadPluginMetadata(async () => ({ '@nestjs/swagger': { models: [], controllers } }));
}

/** Class → route → its comment. */
function comments(file: string): Record<string, Summaries> {
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.ES2023, true);
  return Object.fromEntries(
    source.statements
      .filter((statement) => ts.isClassDeclaration(statement))
      .map((declared) => [declared.name?.text ?? '', routesOf(declared)] as const)
      .filter(([, routes]) => Object.keys(routes).length > 0),
  );
}

function routesOf(declared: ts.ClassDeclaration): Summaries {
  const methods = declared.members.filter((member) => ts.isMethodDeclaration(member));
  return Object.fromEntries(
    methods.flatMap((method) => {
      const [comment] = ts.getJSDocCommentsAndTags(method).filter((node) => ts.isJSDoc(node));
      const summary = ts.getTextOfJSDocComment(comment?.comment)?.trim();
      return summary === undefined ? [] : [[method.name.getText(), { summary }]];
    }),
  );
}

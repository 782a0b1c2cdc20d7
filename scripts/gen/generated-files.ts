import { envExample } from './env-example';
import type { Finding } from './finding';
import { replaceBlocks } from './generated-blocks';
import { documentBlocks, documentPath, newDocument } from './integration-document';
import { inventory } from './inventory';
import { OPENAPI_FILE, openApi } from './openapi';
import type { Project } from './project';

/** Path → text of the files that follow from the code. */
export type Files = readonly (readonly [file: string, text: string])[];

/** Everything `npm run gen` writes. A new kind of generated file is a line here. */
const GENERATORS: readonly ((project: Project) => Files | Promise<Files>)[] = [
  ({ providers }) => [['MASTER_INVENTORY.yml', inventory(providers)]],
  ({ providers }) => [['.env.example', envExample(providers)]],
  integrationDocuments,
  async (project) => [[OPENAPI_FILE, await openApi(project)]],
];

/** The generated files that are not on disk as the code has them now. */
export async function outdatedFiles(project: Project): Promise<Files> {
  const files = (await Promise.all(GENERATORS.map(async (generate) => generate(project)))).flat();
  return files.filter(([file, text]) => project.read(file) !== text);
}

/** The same as findings, for `--check`. */
export async function checkGeneratedFiles(project: Project): Promise<Finding[]> {
  return (await outdatedFiles(project)).map(([file]) => ({
    file,
    problem: 'the code has changed since it was written',
    remedy: 'Run `npm run gen` and commit what it writes.',
  }));
}

function integrationDocuments(project: Project): Files {
  return project.providers.map((provider) => {
    const file = documentPath(provider);
    const current = project.read(file);
    return [
      file,
      current === undefined ? newDocument(provider) : replaceBlocks(current, documentBlocks(provider), file),
    ];
  });
}

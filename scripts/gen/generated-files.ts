import { documentPath } from '@puente/integrations';
import { alertRules, RULES_FILE } from './alert-rules';
import { envExample } from './env-example';
import type { Finding } from './finding';
import { replaceBlocks, TornBlocksError } from './generated-blocks';
import { documentBlocks, newDocument } from './integration-document';
import { inventory } from './inventory';
import type { Project } from './project';

/** Path → text of the files that follow from the code. */
export type Files = readonly (readonly [file: string, text: string])[];
export type Generator = (project: Project) => Files | Promise<Files>;

/** What follows from the catalogue alone: quick, without building anything. */
export const FROM_CATALOGUE: readonly Generator[] = [
  ({ providers }) => [['MASTER_INVENTORY.yml', inventory(providers)]],
  ({ providers }) => [['.env.example', envExample(providers)]],
  ({ providers }) => [[RULES_FILE, alertRules(providers)]],
  integrationDocuments,
];

/** Everything `npm run gen` writes. A new kind of generated file is a line here. */
const GENERATORS: readonly Generator[] = [...FROM_CATALOGUE, openApiDocument];

/** The generated files that are not on disk as the code has them now. */
export async function outdatedFiles(project: Project, generators = GENERATORS): Promise<Files> {
  const files = (await Promise.all(generators.map(async (generate) => generate(project)))).flat();
  return files.filter(([file, text]) => project.read(file) !== text);
}

/** The same as findings, for `--check`. */
export async function checkGeneratedFiles(project: Project, generators = GENERATORS): Promise<Finding[]> {
  try {
    const remedy = 'Run `npm run gen` and commit what it writes.';
    const files = await outdatedFiles(project, generators);
    return files.map(([file]) => ({ file, problem: 'it is not what follows from the code now', remedy }));
  } catch (error) {
    if (error instanceof TornBlocksError) return []; // said by the check of the document itself
    throw error;
  }
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

/** Loaded when it is wanted: it brings the whole API with it. */
async function openApiDocument(project: Project): Promise<Files> {
  const { OPENAPI_FILE, openApi } = await import('./openapi');
  return [[OPENAPI_FILE, await openApi(project)]];
}

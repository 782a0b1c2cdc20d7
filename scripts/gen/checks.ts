import { checkCatalogue } from './catalogue-check';
import { checkDocuments } from './document-check';
import type { Finding } from './finding';
import { checkGeneratedFiles, FROM_CATALOGUE } from './generated-files';
import { checkLinks } from './link-check';
import { checkPlaceholders } from './placeholder-check';
import type { Project } from './project';
import { checkTemplate } from './template-check';

export type Check = (project: Project) => readonly Finding[] | Promise<readonly Finding[]>;

const DOCUMENT_CHECKS: readonly Check[] = [
  checkCatalogue,
  checkDocuments,
  checkTemplate,
  checkLinks,
  checkPlaceholders,
];

/** What only wants the catalogue and its documents: quick, so that tests can ask it of every kind of drift. */
export const CATALOGUE_CHECKS: readonly Check[] = [
  (project) => checkGeneratedFiles(project, FROM_CATALOGUE),
  ...DOCUMENT_CHECKS,
];

/** Everything `npm run gen -- --check` looks at, in the order in which it is told. */
const CHECKS: readonly Check[] = [(project) => checkGeneratedFiles(project), ...DOCUMENT_CHECKS];

export async function checkProject(project: Project, checks = CHECKS): Promise<Finding[]> {
  return (await Promise.all(checks.map(async (check) => check(project)))).flat();
}

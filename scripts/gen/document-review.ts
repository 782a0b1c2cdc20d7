import { type AnyProvider, documentPath } from '@puente/integrations';
import { contentProblems } from './document-check';
import { sentence } from './finding';
import { type Files, FROM_CATALOGUE, outdatedFiles } from './generated-files';
import type { Project } from './project';
import { sourceHashes, withReview } from './review-record';

/**
 * The documents of these providers with the date and the record of today's review. For `--reviewed` only: the generator
 * never says by itself that somebody has read a document.
 *
 * @throws when one is unknown, or has something wrong that can be seen without reading it
 */
export async function reviewed(project: Project, ids: readonly string[]): Promise<Files> {
  const outdated = new Set((await outdatedFiles(project, FROM_CATALOGUE)).map(([file]) => file));
  return ids.map((id) => {
    const provider = project.providers.find(({ meta }) => meta.id === id);
    if (!provider)
      throw new Error(`There is no provider ${id}: ${project.providers.map(({ meta }) => meta.id).join(', ')}.`);
    return review(project, provider, outdated);
  });
}

function review(project: Project, provider: AnyProvider, outdated: ReadonlySet<string>): Files[number] {
  const file = documentPath(provider);
  const text = project.read(file);
  if (text === undefined || outdated.has(file))
    throw new Error(`${file} is not up to date. Run \`npm run gen\` and read it.`);
  const problems = contentProblems(project, provider, text);
  if (problems.length > 0) throw new Error(problems.map((problem) => sentence({ file, ...problem })).join('\n'));
  return [file, withReview(text, provider.meta.id, sourceHashes(project, provider), project.today)];
}

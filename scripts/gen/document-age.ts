import type { AnyProvider } from '@puente/integrations';
import { LAST_LINE } from './document-template';
import type { Problem } from './finding';
import type { Project } from './project';
import { changedSources, reviewedHashes, sourceFolder, sourceHashes } from './review-record';

const REVIEW_DAYS = 180;
const DAY_MS = 86_400_000;

/** Whether a person has looked at the document since its code changed, and at the provider's own pages not too long ago. */
export function ageProblems(project: Project, provider: AnyProvider, text: string): Problem[] {
  const { id, integratedOn, reviewedOn } = provider.meta;
  const then = reviewedHashes(text);
  const changed = then && changedSources(sourceHashes(project, provider), then);
  const updatedOn = updatedOnOf(text);
  const problems: string[] = [];
  if (changed === undefined) problems.push(`nobody has compared it with ${sourceFolder(id)} yet`);
  else if (changed.length > 0)
    problems.push(`the document is older than ${sourceFolder(id)} (changed: ${changed.join(', ')})`);
  if (updatedOn !== undefined && [integratedOn, reviewedOn].some((date) => date > updatedOn))
    problems.push(`its date, ${updatedOn}, is before those of the definition (${integratedOn}, ${reviewedOn})`);
  const remedy = `Read it again against the code, mend it, then run \`npm run gen -- --reviewed ${id}\`.`;
  return [...problems.map((problem) => ({ problem, remedy })), ...longAgo(reviewedOn, project.today)];
}

/** Date of the last line. */
export function updatedOnOf(text: string): string | undefined {
  return LAST_LINE.exec(text.trimEnd().split('\n').at(-1) ?? '')?.[1];
}

function longAgo(reviewedOn: string, today: string): Problem[] {
  const days = Math.floor((Date.parse(today) - Date.parse(reviewedOn)) / DAY_MS);
  if (days <= REVIEW_DAYS) return [];
  const remedy = 'Compare operations, limits and errors with them and set `reviewedOn` in the definition.';
  return [{ problem: `the provider's own pages were last read ${String(days)} days ago`, remedy, isWarning: true }];
}

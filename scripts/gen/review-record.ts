import { createHash } from 'node:crypto';
import type { AnyProvider } from '@puente/integrations';
import { LAST_LINE } from './document-template';
import type { Project } from './project';

/** File of the provider's folder → hash of its text. */
export type SourceHashes = Readonly<Record<string, string>>;

const RECORD = /<!-- revisado: ([^\n]*)\n([^]*?)-->\n\n?/;

/**
 * The code a document speaks of: the provider's folder without tests and stand-ins. Hashed as it is, comments too: a
 * comment that changed may be the reason why the document has to.
 */
export function sourceHashes(project: Project, { meta }: AnyProvider): SourceHashes {
  const folder = sourceFolder(meta.id);
  const files = project.list(folder).filter((name) => name.endsWith('.ts') && !name.endsWith('.spec.ts'));
  return Object.fromEntries(files.map((file) => [file, hashOf(project.read(`${folder}/${file}`) ?? '')]));
}

export function sourceFolder(id: string): string {
  return `libs/providers/src/${id}`;
}

/** The hashes at the time when a person last said that the document is right; undefined when nobody has. */
export function reviewedHashes(document: string): SourceHashes | undefined {
  const [, , lines] = RECORD.exec(document) ?? [];
  if (lines === undefined) return undefined;
  return Object.fromEntries(
    lines
      .trim()
      .split('\n')
      .map((line) => line.split(' ') as [string, string]),
  );
}

/** Files that were added, changed or removed since. */
export function changedSources(now: SourceHashes, then: SourceHashes): string[] {
  const files = new Set([...Object.keys(now), ...Object.keys(then)]);
  return [...files].filter((file) => now[file] !== then[file]).sort();
}

/**
 * The document with the record of today's review, in front of its last line.
 *
 * @param today ISO date
 */
export function withReview(document: string, id: string, hashes: SourceHashes, today: string): string {
  const lines = document.replace(RECORD, '').trimEnd().split('\n');
  const body = LAST_LINE.test(lines.at(-1) ?? '') ? lines.slice(0, -1) : lines;
  const record = Object.entries(hashes).map(([file, hash]) => `${file} ${hash}`);
  return `${body.join('\n').trimEnd()}

<!-- revisado: los archivos de ${sourceFolder(id)} cuando una persona comprobó este documento; lo escribe scripts/gen.ts
${record.join('\n')}
-->

**Ultima actualizacion:** ${today}
`;
}

/** Line ends are left out of it: they are a matter of the checkout. */
function hashOf(text: string): string {
  return createHash('sha256').update(text.replaceAll('\r\n', '\n')).digest('hex').slice(0, 12);
}

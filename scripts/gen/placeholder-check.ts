import type { Finding } from './finding';
import type { Project } from './project';
import { sourceFolder } from './review-record';

/** What `npm run new:provider` writes where a person has to: words of its templates, and addresses nobody has (RFC 2606). */
const LEFT = /Escribir aquí|Write here|https:\/\/(?:api|docs)\.example\.com/;

/** The code of every provider, without its tests: nothing in it is a template's any more. */
export function checkPlaceholders(project: Project): Finding[] {
  return project.providers.flatMap(({ meta }) => {
    const folder = sourceFolder(meta.id);
    const files = project.list(folder).filter((name) => name.endsWith('.ts') && !name.endsWith('.spec.ts'));
    return files.flatMap((name) => leftIn(`${folder}/${name}`, project.read(`${folder}/${name}`) ?? ''));
  });
}

function leftIn(file: string, text: string): Finding[] {
  return text.split('\n').flatMap((line, at) => {
    const [left] = LEFT.exec(line) ?? [];
    if (left === undefined) return [];
    const problem = `somebody has yet to write this (${line.trim()})`;
    return [{ file: `${file}:${String(at + 1)}`, problem, remedy: 'Write what is true of the provider.' }];
  });
}

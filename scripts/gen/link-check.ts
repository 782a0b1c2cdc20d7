import path from 'node:path';
import { readDocument } from './document-tree';
import type { Finding } from './finding';
import type { Project } from './project';

const ADRS = 'docs/adr';

/** The links of everything else that people read in this repository; integration documents are checked with the rest of them. */
export function checkLinks(project: Project): Finding[] {
  const records = project.list(ADRS).map((name) => `${ADRS}/${name}`);
  return ['README.md', 'README.es.md', 'CHANGELOG.md', ...records].flatMap((file) =>
    readDocument(project.read(file) ?? '').flatMap(({ heading: section, links }) =>
      brokenLinks(project, file, links).map((problem) => ({ file, section, problem, remedy: 'Mend the link.' })),
    ),
  );
}

/**
 * What is wrong with the links of a file. Files are looked for on disk; addresses outside are not called, as a check
 * must not fail with somebody else's server, but they have to be https and make sense.
 */
export function brokenLinks(project: Project, file: string, targets: readonly string[]): string[] {
  return [...new Set(targets)].flatMap((target) => {
    const problem = /^[a-z][a-z0-9+.-]*:/i.test(target) ? outside(target) : inside(project, file, target);
    return problem === undefined ? [] : [`${target} ${problem}`];
  });
}

function outside(target: string): string | undefined {
  if (!URL.canParse(target)) return 'is no address';
  const { protocol, hostname, username } = new URL(target);
  if (protocol !== 'https:') return 'is not https';
  return /[a-z0-9]\.[a-z]{2,}$/.test(hostname) && username === '' ? undefined : 'has no host that others can reach';
}

function inside(project: Project, file: string, target: string): string | undefined {
  if (target.startsWith('#') || target.startsWith('/')) return 'cannot be checked; link to a file, from here';
  const [wanted = ''] = target.split('#');
  const found = path.posix.join(path.posix.dirname(file), decodeURI(wanted));
  if (found.startsWith('..')) return 'leads out of the project';
  return project.has(found) ? undefined : 'does not exist';
}

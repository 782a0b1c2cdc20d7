import { type AnyProvider, type OperationSpec, documentPath } from '@puente/integrations';
import { codeRows } from './document-rows';
import {
  HEADINGS,
  LAST_LINE,
  METADATA_FIELDS,
  PLACEHOLDER,
  TABLE_COLUMNS,
  TEMPLATE_FILE,
  type Heading,
} from './document-template';
import { type DocumentSection, readDocument } from './document-tree';
import type { Finding, Problem } from './finding';
import { blockProblems } from './generated-blocks';
import { documentBlocks } from './integration-document';
import { brokenLinks } from './link-check';
import type { Project } from './project';
import { sourceFolder } from './review-record';
import { ageProblems } from './document-age';
import { specFiles, testCommands } from './test-commands';

const GENERATE = 'Run `npm run gen`.';
const WRITE = `See ${TEMPLATE_FILE}.`;

/** Every document of the catalogue: its shape, its rows against the code, its links, its commands and its age. */
export function checkDocuments(project: Project): Finding[] {
  return project.providers.flatMap((provider) => {
    const file = documentPath(provider);
    const text = project.read(file);
    const problems: Problem[] =
      text === undefined
        ? [{ problem: 'there is no such document', remedy: GENERATE }]
        : [...contentProblems(project, provider, text), ...ageProblems(project, provider, text)];
    return problems.map((problem) => ({ file, ...problem }));
  });
}

/** All but the age: what has to be right before somebody can say that the document is. */
export function contentProblems(project: Project, provider: AnyProvider, text: string): Problem[] {
  const sections = readDocument(text);
  const file = documentPath(provider);
  return [
    ...title(provider, sections),
    ...headings(sections.slice(1)),
    ...blockProblems(text, documentBlocks(provider)).map((problem) => ({ problem, remedy: WRITE })),
    ...sections.flatMap((section) => [...content(section), ...tables(section)]),
    ...rows(provider, sections),
    ...links(project, file, provider, sections),
    ...commands(project, provider, sections),
    ...lastLine(text),
  ];
}

function title({ meta }: AnyProvider, [first]: readonly DocumentSection[]): Problem[] {
  const wanted = `${meta.code as string}: ${meta.title}`;
  if (first?.level === 1 && first.heading === wanted) return [];
  return [{ problem: `the document does not begin with the title "# ${wanted}"`, remedy: WRITE }];
}

/** The first place where the headings leave the template, and what is missing or too many. */
export function headings(found: readonly Heading[]): Problem[] {
  const name = ({ level, heading }: Heading): string => `${'#'.repeat(level)} ${heading}`;
  const wanted = HEADINGS.map(name);
  const is = found.map(name);
  const missing = wanted.filter((heading) => !is.includes(heading));
  const added = is.filter((heading, at) => !wanted.includes(heading) || is.indexOf(heading) !== at);
  const problems = [
    ...missing.map((heading) => `the heading "${heading}" is missing`),
    ...added.map((heading) => `the heading "${heading}" is not one of the template's, or stands there twice`),
  ];
  const at = problems.length > 0 ? -1 : is.findIndex((heading, index) => heading !== wanted[index]);
  if (at >= 0) problems.push(`"${is[at] ?? ''}" stands where "${wanted[at] ?? ''}" belongs`);
  return problems.map((problem) => ({ problem, remedy: WRITE }));
}

function content({ heading: section, text, level }: DocumentSection): Problem[] {
  const hasParts = level === 1 || section === 'Testing';
  if (text.trim() === '' && !hasParts) return [{ section, problem: 'the section is empty', remedy: WRITE }];
  if (!text.includes(PLACEHOLDER)) return [];
  return [{ section, problem: `somebody has yet to write this ("${PLACEHOLDER} …")`, remedy: 'Write it.' }];
}

/** A directive's table is generated, once, in its section: rows that people write are rows nobody keeps true. */
function tables({ heading: section, tables: found }: DocumentSection): Problem[] {
  const columns = TABLE_COLUMNS[section];
  const byHand = found.filter(({ block, head }) => block === undefined && (columns ?? isTemplateTable(head)));
  if (byHand.length > 0) {
    const remedy = 'Put what it says into the definition of the provider and run `npm run gen`.';
    return [{ section, problem: 'a table is written by hand, outside the generated block', remedy }];
  }
  if (!columns || found.some(({ head }) => head.join() === columns.join())) return [];
  return [{ section, problem: `there is no table with the columns ${columns.join(', ')}`, remedy: GENERATE }];
}

function isTemplateTable(head: readonly string[]): boolean {
  return Object.values(TABLE_COLUMNS).some((columns) => columns.join() === head.join());
}

/** The first column against what the code knows, both ways; and what the row says, where the directive fixes it. */
function rows(provider: AnyProvider, sections: readonly DocumentSection[]): Problem[] {
  return codeRows(provider).flatMap(({ section, what, rows: known }) => {
    const found = sections.find(({ heading }) => heading === section)?.tables.flatMap((table) => table.rows) ?? [];
    const names = found.map(([name = '']) => name);
    const missing = known.filter(({ name }) => !names.includes(name)).map(({ name }) => `no row for ${what} "${name}"`);
    const extra = names
      .filter((name, at) => !known.some((row) => row.name === name) || names.indexOf(name) !== at)
      .map((name) => `a row for ${what} "${name}", which the code does not know or has already had`);
    const wrong = known.flatMap(({ name, says }) => {
      const row = found.find(([first]) => first === name)?.join(' | ');
      return says
        .filter((words) => row?.includes(words) === false)
        .map((words) => `the row "${name}" does not say "${words}"`);
    });
    const isMetadata = section === 'Metadata' && missing.length === 0 && names.join() !== METADATA_FIELDS.join();
    const order = isMetadata ? [`the fields are not in the order ${METADATA_FIELDS.join(', ')}`] : [];
    return [...missing, ...extra, ...wrong, ...order].map((problem) => ({ section, problem, remedy: GENERATE }));
  });
}

function links(
  project: Project,
  file: string,
  { meta, operations }: AnyProvider,
  sections: readonly DocumentSection[],
): Problem[] {
  const broken = sections.flatMap(({ heading: section, links: targets }) =>
    brokenLinks(project, file, targets).map((problem) => ({ section, problem, remedy: 'Mend the link.' })),
  );
  const all = sections.flatMap(({ links: targets }) => targets);
  const listed = sections.find(({ heading }) => heading === 'Referencias')?.links ?? [];
  const specs = Object.values(operations as Record<string, OperationSpec<unknown>>);
  const missing = [
    ...[...meta.references.map(({ url }) => url)],
    ...[`../../${sourceFolder(meta.id)}`, '../../.env.example'],
  ].filter((target) => !listed.includes(target));
  return [
    ...broken,
    ...missing.map((target) => ({ section: 'Referencias', problem: `${target} is not linked`, remedy: GENERATE })),
    ...specs
      .filter(({ documentation }) => !all.includes(documentation))
      .map(({ documentation }) => ({
        section: 'Endpoints/SDK Utilizados',
        problem: `${documentation} is not linked`,
        remedy: GENERATE,
      })),
  ];
}

function commands(project: Project, { meta }: AnyProvider, sections: readonly DocumentSection[]): Problem[] {
  const section = sections.find(({ heading }) => heading === 'Comandos de Test');
  if (!section) return [];
  const { scripts, odd } = testCommands(section);
  const files = specFiles(scripts);
  const contract = `${sourceFolder(meta.id)}/${meta.id}.contract.spec.ts`;
  return [
    ...odd.map((line) => `this is not one of the commands a test can run (scripts/gen/test-commands.ts): ${line}`),
    ...files.filter((file) => !project.has(file)).map((file) => `${file} does not exist`),
    ...(files.includes(contract) ? [] : [`\`npx jest ${contract}\` is missing`]),
  ].map((problem) => ({ section: section.heading, problem, remedy: WRITE }));
}

function lastLine(text: string): Problem[] {
  if (LAST_LINE.test(text.trimEnd().split('\n').at(-1) ?? '')) return [];
  return [{ problem: 'the last line is not "**Ultima actualizacion:** YYYY-MM-DD"', remedy: WRITE }];
}

import { headings } from './document-check';
import { METADATA_FIELDS, TABLE_COLUMNS, TEMPLATE_FILE } from './document-template';
import { readDocument } from './document-tree';
import type { Finding, Problem } from './finding';
import { brokenLinks } from './link-check';
import type { Project } from './project';

/** The template that people copy has the very headings, tables and links that its copies will be held to. */
export function checkTemplate(project: Project): Finding[] {
  const text = project.read(TEMPLATE_FILE);
  const problems =
    text === undefined ? [{ problem: 'it is gone', remedy: 'Bring it back.' }] : problemsOf(project, text);
  return problems.map((problem) => ({ file: TEMPLATE_FILE, ...problem }));
}

function problemsOf(project: Project, text: string): Problem[] {
  const sections = readDocument(text);
  const tables = Object.entries(TABLE_COLUMNS).filter(
    ([section, columns]) =>
      !sections.some(({ heading, tables: [table] }) => heading === section && table?.head.join() === columns.join()),
  );
  const metadata = sections.find(({ heading }) => heading === 'Metadata')?.tables[0]?.rows ?? [];
  const remedy = 'Bring it in line with scripts/gen/document-template.ts.';
  return [
    ...headings(sections.slice(1)),
    ...tables.map(([section, columns]) => ({
      section,
      problem: `no table with the columns ${columns.join(', ')}`,
      remedy,
    })),
    ...(metadata.map(([field]) => field).join() === METADATA_FIELDS.join()
      ? []
      : [{ section: 'Metadata', problem: `the fields are not ${METADATA_FIELDS.join(', ')}`, remedy }]),
    ...(/\n\*\*Ultima actualizacion:\*\* \S+\n$/.test(text)
      ? []
      : [{ problem: 'the last line is another one', remedy }]),
    ...sections.flatMap(({ heading: section, links }) =>
      brokenLinks(project, TEMPLATE_FILE, links).map((problem) => ({ section, problem, remedy: 'Mend the link.' })),
    ),
  ];
}

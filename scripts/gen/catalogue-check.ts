import { DOCUMENT_FOLDER, documentPath } from '@puente/integrations';
import { parse } from 'yaml';
import { z } from 'zod';
import { TEMPLATE_FILE } from './document-template';
import type { Finding, Problem } from './finding';
import type { Project } from './project';

const PROVIDERS = 'libs/providers/src';
const CATALOGUE = `${PROVIDERS}/catalog.ts`;
const INVENTORY = 'MASTER_INVENTORY.yml';

/** Provider id = folder = document = inventory row, and no code is given twice. Codes may have holes: some are promised to providers that are still to come. */
export function checkCatalogue(project: Project): Finding[] {
  return [...ids(project), ...folders(project), ...leftOver(project), ...inventory(project)];
}

function ids({ providers }: Project): Finding[] {
  const codes = providers.map(({ meta }) => meta.code as string);
  const names = providers.map(({ meta }) => meta.id);
  return [
    ...twice(codes).map((code) => `two providers have the code ${code}`),
    ...twice(names).map((id) => `two providers have the id ${id}`),
  ].map((problem) => ({ file: CATALOGUE, problem, remedy: 'Give every provider a free code.' }));
}

function folders(project: Project): Finding[] {
  const found = project.list(PROVIDERS).flatMap((name) => (name.endsWith('/') ? [name.slice(0, -1)] : []));
  const wanted = project.providers.map(({ meta }) => meta.id);
  return [
    ...found.filter((id) => !wanted.includes(id)).map((id) => `${PROVIDERS}/${id} is not in the catalogue`),
    ...wanted.filter((id) => !found.includes(id)).map((id) => `the provider ${id} has no folder of its name`),
  ].map((problem) => ({
    file: CATALOGUE,
    problem,
    remedy: 'A provider is a folder with its id as name, and a line here.',
  }));
}

function leftOver(project: Project): Finding[] {
  const known = [...project.providers.map(documentPath), TEMPLATE_FILE];
  return project
    .list(DOCUMENT_FOLDER)
    .map((name) => `${DOCUMENT_FOLDER}/${name}`)
    .filter((file) => !known.includes(file))
    .map((file) => ({ file, problem: 'it belongs to no provider of the catalogue', remedy: 'Rename or delete it.' }));
}

/** SYSTEMS S4.10; `codigo` is ours. */
const Inventory = z.strictObject({
  integraciones: z.array(
    z.strictObject({
      codigo: z.string().regex(/^INT-\d{3}$/),
      nombre: z.string().min(1),
      proveedor: z.string().min(1),
      tipo: z.string().regex(/^[a-z]+$/),
      estado: z.enum(['activo', 'inactivo']),
      multi_tenant: z.boolean(),
      documentacion: z.string(),
    }),
  ),
});

function inventory(project: Project): Finding[] {
  const parsed = Inventory.safeParse(parse(project.read(INVENTORY) ?? ''));
  const problems: Problem[] = parsed.success
    ? rowsOf(project, parsed.data.integraciones)
    : [{ problem: z.prettifyError(parsed.error), remedy: 'Run `npm run gen`.' }];
  return problems.map((problem) => ({ file: INVENTORY, ...problem }));
}

function rowsOf(project: Project, rows: z.output<typeof Inventory>['integraciones']): Problem[] {
  const documents = rows.map(({ documentacion }) => documentacion);
  const wanted = project.providers.map(documentPath);
  return [
    ...wanted.filter((document) => !documents.includes(document)).map((document) => `no row for ${document}`),
    ...documents
      .filter((document) => !wanted.includes(document))
      .map((document) => `a row for ${document}, which no provider has`),
    ...twice(documents).map((document) => `two rows for ${document}`),
    ...rows
      .filter(({ codigo, documentacion }) => !documentacion.includes(`/${codigo}-`))
      .map(({ codigo }) => `the row ${codigo} names another document`),
    ...documents.filter((document) => !project.has(document)).map((document) => `${document} does not exist`),
  ].map((problem) => ({ problem, remedy: 'Run `npm run gen`.' }));
}

function twice(values: readonly string[]): string[] {
  return [...new Set(values.filter((value, at) => values.indexOf(value) !== at))];
}

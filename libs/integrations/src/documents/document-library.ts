import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { AppError } from '@puente/kernel';
import type { ProviderDefinition } from '../provider';
import { DOCUMENT_FOLDER, documentPath } from './inventory-row';

/** A provider's document as it stands on disk, with what its readers sort by. */
export interface IntegrationDocument {
  readonly id: string;
  readonly code: string;
  readonly title: string;
  readonly vendor: string;
  /** From the document itself, like `updatedOn`: `Implementado`, `Documentado` or `Pendiente`. */
  readonly estado: string;
  readonly multiTenant: boolean;
  /** ISO date of its last line. */
  readonly updatedOn: string;
  readonly markdown: string;
}

/**
 * The integration documents of this installation, for API and command line. Read once: they change with the program,
 * and `npm run check` has held them to its code.
 */
export class DocumentLibrary {
  readonly documents: readonly IntegrationDocument[];

  /**
   * @param root folder that holds `docs/`; found upwards from here when not given, from the source as from `dist`
   * @throws {DocumentsUnusableError} a document is not there or is none: the program was installed in part
   */
  constructor(providers: readonly ProviderDefinition[], root: string = projectRoot(__dirname)) {
    this.documents = providers.map((provider) => read(root, provider)).sort((a, b) => (a.code < b.code ? -1 : 1));
  }

  /**
   * @param name `sns`, `INT-002` or `INT-002-sns`
   * @throws {DocumentNotFoundError}
   */
  get(name: string): IntegrationDocument {
    const wanted = name.toLowerCase();
    const found = this.documents.find(({ id, code }) => {
      const number = code.toLowerCase();
      return [id, number, `${number}-${id}`].includes(wanted);
    });
    if (!found) throw new DocumentNotFoundError(name);
    return found;
  }
}

/** There is no integration document of this name. HTTP 404. */
export class DocumentNotFoundError extends AppError {
  readonly code = 'DOCUMENT_NOT_FOUND';

  constructor(name: string) {
    super(`There is no integration document ${JSON.stringify(name.slice(0, 64))}. GET /v1/documents lists them.`);
  }
}

/** The documents are not where the program expects them. Found at boot. */
export class DocumentsUnusableError extends AppError {
  readonly code = 'DOCUMENTS_UNUSABLE';

  constructor(file: string, problem: string) {
    super(`${file} ${problem}. Install the program with its docs folder beside dist.`);
  }
}

function read(root: string, provider: ProviderDefinition): IntegrationDocument {
  const file = documentPath(provider);
  const full = path.join(root, file);
  if (!existsSync(full)) throw new DocumentsUnusableError(full, 'does not exist');
  const markdown = readFileSync(full, 'utf8');
  const estado = /^\| Estado \| (\w+) \|$/m.exec(markdown)?.[1];
  const updatedOn = /^\*\*Ultima actualizacion:\*\* (\d{4}-\d{2}-\d{2})$/m.exec(markdown)?.[1];
  if (estado === undefined || updatedOn === undefined)
    throw new DocumentsUnusableError(full, 'has no Estado or no Ultima actualizacion');
  const { id, code, title, vendor } = provider.meta;
  return { id, code, title, vendor, estado, multiTenant: provider.credentials.model !== 'global', updatedOn, markdown };
}

/** The nearest folder above `from` with the documents in it. */
function projectRoot(from: string): string {
  if (existsSync(path.join(from, DOCUMENT_FOLDER))) return from;
  const above = path.dirname(from);
  if (above === from) throw new DocumentsUnusableError(DOCUMENT_FOLDER, `is in no folder above ${__dirname}`);
  return projectRoot(above);
}

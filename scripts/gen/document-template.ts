import { DOCUMENT_FOLDER } from '@puente/integrations';

/**
 * The shape every integration document has, verbatim from the directive (SYSTEMS S4.1): readers and other systems'
 * tools find things by these words.
 */
export const TEMPLATE_FILE = `${DOCUMENT_FOLDER}/TEMPLATE-INTEGRACION-EXTERNA.md`;

export interface Heading {
  readonly level: number;
  readonly heading: string;
}

/** In this order, none left out, none added; the title comes before them. */
export const HEADINGS: readonly Heading[] = [
  { level: 2, heading: 'Metadata' },
  { level: 2, heading: 'Descripcion' },
  { level: 2, heading: 'Credenciales Requeridas' },
  { level: 2, heading: 'Endpoints/SDK Utilizados' },
  { level: 2, heading: 'Rate Limits' },
  { level: 2, heading: 'Manejo de Errores' },
  { level: 2, heading: 'Fallbacks' },
  { level: 2, heading: 'Multi-tenant' },
  { level: 2, heading: 'Webhooks (si aplica)' },
  { level: 2, heading: 'Testing' },
  { level: 3, heading: 'Sandbox/Test Mode' },
  { level: 3, heading: 'Comandos de Test' },
  { level: 2, heading: 'Monitoreo' },
  { level: 2, heading: 'Referencias' },
];

/** Section → the columns of its one table. */
export const TABLE_COLUMNS: Readonly<Record<string, readonly string[]>> = {
  Metadata: ['Campo', 'Valor'],
  'Credenciales Requeridas': ['Variable de Entorno', 'Descripcion', 'Obligatorio'],
  'Endpoints/SDK Utilizados': ['Operacion', 'Endpoint/Metodo', 'Descripcion'],
  'Rate Limits': ['Limite', 'Valor', 'Accion si excede'],
  'Manejo de Errores': ['Codigo', 'Descripcion', 'Accion'],
  'Webhooks (si aplica)': ['Evento', 'Endpoint', 'Descripcion'],
  Monitoreo: ['Metrica', 'Descripcion', 'Alerta'],
};

/** Rows of Metadata, in this order. */
export const METADATA_FIELDS = ['Codigo', 'Proveedor', 'Tipo', 'Estado', 'Multi-tenant', 'Fecha integracion'] as const;

/** What a limit that ran out leads to, by its window. */
export const LIMIT_WINDOWS = [
  { windowMs: 60_000, row: 'Por minuto', action: 'Retry con backoff' },
  { windowMs: 86_400_000, row: 'Por día', action: 'Cola de espera' },
] as const;

/** What each of these rows has to say, whatever finer rule follows it. */
export const ERROR_ACTIONS: Readonly<Record<string, string>> = {
  '400': 'Log + retry NO',
  '401': 'Refrescar token',
  '429': 'Backoff exponencial',
  '500': 'Retry 3 veces',
};

/** What a new document says where a person has to write; a document of the catalogue may not say it any more. */
export const PLACEHOLDER = 'Escribir aquí';

/** The last line of every document. */
export const LAST_LINE = /^\*\*Ultima actualizacion:\*\* (\d{4}-\d{2}-\d{2})$/;

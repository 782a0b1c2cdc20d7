import type { EvidenceLine } from './payment-reports';

export interface EvidenceHead {
  readonly tenant: string;
  readonly commerceCodes: readonly string[];
  readonly from: Date;
  readonly before: Date;
  readonly at: Date;
}

/** What Transbank's validation wants to see at least one of each. */
const CASES: readonly { readonly title: string; readonly is: (line: EvidenceLine) => boolean }[] = [
  { title: 'Crédito aprobado', is: (line) => isPaid(line) && !['VD', 'VP'].includes(line.paymentType ?? '') },
  { title: 'Débito o prepago aprobado', is: (line) => isPaid(line) && ['VD', 'VP'].includes(line.paymentType ?? '') },
  { title: 'Rechazado', is: ({ state }) => state === 'rejected' },
  { title: 'Anulado por el pagador', is: ({ reason, state }) => state === 'cancelled' && reason === 'payer_left' },
  { title: 'Formulario vencido', is: ({ reason, flows }) => reason === 'form_expired' || flows.includes('timeout') },
  { title: 'Devuelto', is: ({ refundedAmount }) => refundedAmount > 0 },
  { title: 'Retorno repetido con un solo cobro', is: ({ flows, commits }) => flows.includes(' ') && commits === 1 },
];

const COLUMNS: readonly {
  readonly title: string;
  readonly width: number;
  readonly of: (line: EvidenceLine) => string;
}[] = [
  { title: 'Orden de compra', width: 120, of: ({ buyOrder }) => buyOrder },
  { title: 'Creada', width: 88, of: ({ createdAt }) => inChile(createdAt) },
  { title: 'Respuesta', width: 88, of: ({ committedAt }) => (committedAt ? inChile(committedAt) : '—') },
  { title: 'Monto', width: 56, of: ({ amount }) => amount.toLocaleString('es-CL') },
  { title: 'Estado', width: 84, of: ({ state }) => state },
  { title: 'Retornos', width: 110, of: ({ flows }) => flows || '—' },
  { title: 'Resp.', width: 32, of: ({ responseCode }) => String(responseCode ?? '—') },
  { title: 'Autoriz.', width: 48, of: ({ authorizationCode }) => authorizationCode ?? '—' },
  { title: 'Tipo', width: 30, of: ({ paymentType }) => paymentType ?? '—' },
  { title: 'Cuotas', width: 36, of: ({ installments }) => String(installments ?? '—') },
  { title: 'Tarjeta', width: 40, of: ({ cardLast4 }) => cardLast4 ?? '—' },
];

const [MARGIN, ROW, BOTTOM] = [40, 14, 540];

/**
 * The evidence pack as people at Transbank read it: which cases were tried, by buy order with date and time in Chile, and
 * then every attempt. Columns and words in Spanish, as its readers.
 *
 * @see https://www.transbankdevelopers.cl/documentacion/como_empezar#puesta-en-produccion
 */
export async function evidencePdf(head: EvidenceHead, lines: readonly EvidenceLine[]): Promise<Buffer> {
  const { default: Pdf } = await import('pdfkit'); // a tenth of a second to load, for nobody else
  const pdf = new Pdf({ size: 'A4', layout: 'landscape', margin: MARGIN, info: { Title: 'Evidencia Webpay' } });
  const chunks: Buffer[] = [];
  pdf.on('data', (chunk: Buffer) => chunks.push(chunk));
  const ended = new Promise<void>((resolve) => pdf.on('end', resolve));
  writeHead(pdf, head, lines.length);
  writeCases(pdf, lines);
  writeTable(pdf, lines);
  pdf.end();
  await ended;
  return Buffer.concat(chunks);
}

function writeHead(pdf: PDFKit.PDFDocument, head: EvidenceHead, count: number): void {
  pdf.font('Helvetica-Bold').fontSize(16).text('Evidencia de integración Webpay Plus');
  pdf.font('Helvetica').fontSize(9).moveDown(0.5);
  pdf.text(`Comercio: ${head.tenant}`);
  pdf.text(`Códigos de comercio: ${head.commerceCodes.join(', ') || '—'}`);
  pdf.text(`Desde ${inChile(head.from)} hasta ${inChile(head.before)} (hora de Chile). Intentos: ${String(count)}`);
  pdf.text(`Emitido: ${inChile(head.at)}`).moveDown();
}

function writeCases(pdf: PDFKit.PDFDocument, lines: readonly EvidenceLine[]): void {
  pdf.font('Helvetica-Bold').fontSize(11).text('Casos probados');
  pdf.font('Helvetica').fontSize(9);
  for (const { title, is } of CASES) {
    const found = lines.filter(is);
    const examples = found.slice(-3).map(({ buyOrder, createdAt }) => `${buyOrder} (${inChile(createdAt)})`);
    pdf.text(`${title}: ${found.length === 0 ? 'falta' : `${String(found.length)}; ${examples.join(', ')}`}`);
  }
  pdf.moveDown();
}

function writeTable(pdf: PDFKit.PDFDocument, lines: readonly EvidenceLine[]): void {
  let y = row(pdf, pdf.y, COLUMNS.map(({ title }) => title), 'Helvetica-Bold'); // prettier-ignore
  for (const line of lines) {
    if (y > BOTTOM) {
      pdf.addPage();
      y = row(pdf, MARGIN, COLUMNS.map(({ title }) => title), 'Helvetica-Bold'); // prettier-ignore
    }
    y = row(pdf, y, COLUMNS.map(({ of }) => of(line)), 'Helvetica'); // prettier-ignore
  }
}

/** @returns where the next one begins */
function row(pdf: PDFKit.PDFDocument, y: number, cells: readonly string[], font: string): number {
  pdf.font(font).fontSize(7.5);
  let x = MARGIN;
  for (const [at, cell] of cells.entries()) {
    const width = COLUMNS[at]?.width ?? 0;
    pdf.text(cell, x, y, { width: width - 4, height: ROW - 3, ellipsis: true, lineBreak: false });
    x += width;
  }
  return y + ROW;
}

function isPaid({ committedAt, responseCode, authorizationCode, state }: EvidenceLine): boolean {
  return committedAt !== null && responseCode === 0 && authorizationCode !== null && !['cancelled', 'rejected'].includes(state); // prettier-ignore
}

function inChile(at: Date): string {
  return at.toLocaleString('es-CL', { timeZone: 'America/Santiago', hour12: false });
}

/** What an accountant has set up before the first entry. The same in every database of the stand-in. */
export interface ChartRecord {
  readonly id: number;
  readonly name: string;
  readonly [field: string]: unknown;
}

const account = (id: number, code: string, name: string): ChartRecord => ({ id, code, name, display_name: `${code} ${name}` }); // prettier-ignore

export const CHART: Readonly<Record<string, readonly ChartRecord[]>> = {
  'res.company': [
    { id: 1, name: 'Finalitix', currency_id: [33, 'MXN'] },
    { id: 2, name: 'Finalitix Chile', currency_id: [45, 'CLP'] },
  ],
  'res.currency': [
    { id: 2, name: 'USD', decimal_places: 2 },
    { id: 33, name: 'MXN', decimal_places: 2 },
    { id: 45, name: 'CLP', decimal_places: 0 },
    { id: 96, name: 'KWD', decimal_places: 3 },
  ],
  'account.account': [
    account(10, '102.01', 'Bancos nacionales'),
    account(11, '401.01', 'Ingresos por comisiones'),
    account(12, '201.01', 'Depósitos de clientes'),
    account(13, '601.01', 'Gastos por comisiones'),
  ],
  'account.journal': [
    { id: 1, name: 'Operaciones varias', code: 'MISC', currency_id: false },
    { id: 2, name: 'Banco', code: 'BNK1', currency_id: false },
    { id: 3, name: 'Kuwait', code: 'KWD1', currency_id: [96, 'KWD'] },
  ],
};

/** External ids that Odoo's own modules bring. */
export const CHART_XML_IDS: Readonly<Record<string, readonly [model: string, id: number]>> = {
  'base.main_company': ['res.company', 1],
  'base.USD': ['res.currency', 2],
  'base.MXN': ['res.currency', 33],
  'base.CLP': ['res.currency', 45],
  'base.KWD': ['res.currency', 96],
};

/** By id, by external id, by code or by name: as the columns `x/.id`, `x/id` and `x` of a table name it. */
export function chartRecord(model: string, how: '.id' | 'id' | 'name', value: string): ChartRecord | undefined {
  const records = CHART[model] ?? [];
  if (how === '.id') return records.find(({ id }) => String(id) === value);
  if (how === 'id') {
    const [of, id] = CHART_XML_IDS[value] ?? [];
    return of === model ? records.find((record) => record.id === id) : undefined;
  }
  return records.find(({ name, code }) => name === value || code === value);
}

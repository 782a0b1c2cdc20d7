import { csvText } from './csv-text';

describe('csvText', () => {
  it('quotes what needs it, leaves out what is null, and gives no spreadsheet a formula', () => {
    const rows = [
      { reference: 'A-1', amount: -990, at: new Date(0), note: null },
      { reference: '=HYPERLINK("http://x")', amount: 1, at: null, note: 'a,b\n"c"' },
    ];
    expect(csvText(['reference', 'amount', 'at', 'note'], rows)).toBe(
      'reference,amount,at,note\r\n' +
        'A-1,-990,1970-01-01T00:00:00.000Z,\r\n' +
        `"'=HYPERLINK(""http://x"")",1,,"a,b\n""c"""\r\n`,
    );
  });
});

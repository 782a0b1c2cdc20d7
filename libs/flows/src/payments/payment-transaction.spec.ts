import fc from 'fast-check';
import { judge, readTransaction, type ToldTransaction } from './payment-transaction';

const asked = { amount: 10_000, buyOrder: 'pnt-1', sessionId: 's-1' };
const approved: ToldTransaction = {
  ...{ status: 'AUTHORIZED', responseCode: 0, ...asked, vci: 'TSY', authorizationCode: '1213' },
  ...{ paymentTypeCode: 'VN', cardNumber: '6623', installmentsNumber: 0, accountingDate: '0522' },
};

describe('judge', () => {
  it('T01: approves response code 0 with AUTHORIZED, when amount, buy order and session are ours', () => {
    expect(judge(asked, approved)).toEqual({ kind: 'approved' });
    expect(judge(asked, { ...approved, status: 'CAPTURED' })).toEqual({ kind: 'approved' });
  });

  it('T18: a form that timed out is FAILED with response code 0 and an authorisation code, and nobody paid', () => {
    const timedOut = { ...approved, status: 'FAILED', vci: 'ABO', authorizationCode: '156520' } as const;
    expect(judge(asked, timedOut)).toEqual({ kind: 'abandoned' });
    expect(judge(asked, { ...timedOut, authorizationCode: undefined })).toEqual({ kind: 'abandoned' });
  });

  it('T19: REVERSED with response code 0 is not paid', () => {
    expect(judge(asked, { ...approved, status: 'REVERSED' })).toEqual({ kind: 'given_back' });
  });

  it('T20: INITIALIZED is not paid, with or without a response code, authenticated or not', () => {
    for (const responseCode of [undefined, 0]) {
      for (const vci of [undefined, 'TSY'])
        expect(judge(asked, { ...approved, status: 'INITIALIZED', responseCode, vci })).toEqual({ kind: 'unfinished' });
    }
  });

  it('T21: another amount is no approval', () => {
    expect(judge(asked, { ...approved, amount: 1_000 })).toEqual({ kind: 'mismatch', fields: ['amount'] });
  });

  it('T22: another buy order or session is no approval', () => {
    const forged = { ...approved, buyOrder: 'pnt-2', sessionId: 's-2' };
    expect(judge(asked, forged)).toEqual({ kind: 'mismatch', fields: ['buyOrder', 'sessionId'] });
    expect(judge(asked, { ...approved, sessionId: '' })).toEqual({ kind: 'mismatch', fields: ['sessionId'] });
  });

  it('approves nothing else, whatever Webpay says', () => {
    const told = fc.record({
      status: fc.constantFrom('INITIALIZED', 'AUTHORIZED', 'REVERSED', 'FAILED', 'NULLIFIED', 'CAPTURED' as const),
      responseCode: fc.constantFrom(0, -1, undefined),
      amount: fc.constantFrom(10_000, 9_999),
      buyOrder: fc.constantFrom('pnt-1', 'pnt-2'),
      sessionId: fc.constantFrom('s-1', 's-2'),
      vci: fc.constantFrom('TSY', 'ABO', undefined),
    });
    fc.assert(
      fc.property(told, (said) => {
        const ours = said.amount === 10_000 && said.buyOrder === 'pnt-1' && said.sessionId === 's-1';
        const paid = ['AUTHORIZED', 'CAPTURED'].includes(said.status) && said.responseCode === 0;
        expect(judge(asked, { ...approved, ...said }).kind === 'approved').toBe(ours && paid);
      }),
    );
  });
});

describe('readTransaction', () => {
  it('reads what the ledger kept, and nothing else', () => {
    const unpaid = { status: 'INITIALIZED', amount: 10_000, buyOrder: 'pnt-1', sessionId: 's-1' };
    expect(readTransaction(unpaid)).toEqual(unpaid);
    for (const nothing of [null, undefined, 'OK', {}]) expect(readTransaction(nothing)).toBeUndefined();
  });
});

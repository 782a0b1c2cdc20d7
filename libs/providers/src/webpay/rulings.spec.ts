import { readFileSync } from 'node:fs';
import path from 'node:path';
import { SETTLE_MS } from './operation-spec';
import { paymentTypeOf } from './payment-types';
import { DOCUMENTED_WINDOWS, isQueryable } from './payment-windows';
import { captured, committed, mallCommitted, refunded } from './reconciliation';
import { captureRuling, type PaidCharge, refundRuling } from './refund-rules';
import { responseMeaning } from './response-codes';
import { childVerdicts, refundableOf, TRANSACTION_VERDICTS, verdictOf } from './transaction-verdict';
import { type Transaction, TRANSACTION_STATUSES } from './webpay.schemas';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const now = new Date('2026-11-23T12:00:00Z');
const ago = (ms: number): Date => new Date(now.getTime() - ms);

describe('the verdict about a charge', () => {
  it.each([
    ['T01 paid', { status: 'AUTHORIZED', responseCode: 0 }, 'approved'],
    ['rejected by the issuer', { status: 'FAILED', responseCode: -1 }, 'rejected'],
    ['T18 aborted, although response code 0', { status: 'FAILED', responseCode: 0 }, 'aborted'],
    ['T19 reversed, although response code 0', { status: 'REVERSED', responseCode: 0 }, 'reversed'],
    ['T20 never paid, without a response code', { status: 'INITIALIZED' }, 'pending'],
    ['not paid, whatever else it says', { status: 'INITIALIZED', responseCode: 0 }, 'pending'],
    ['authorized and refused in one', { status: 'AUTHORIZED', responseCode: -1 }, 'contradictory'],
    ['authorized without a response code', { status: 'AUTHORIZED' }, 'contradictory'],
    ['captured', { status: 'CAPTURED', responseCode: 0 }, 'captured'],
    ['captured without a response code', { status: 'CAPTURED' }, 'contradictory'],
    ['T30 nullified', { status: 'NULLIFIED', responseCode: 0 }, 'nullified'],
    ['T31 nullified in part', { status: 'PARTIALLY_NULLIFIED', responseCode: 0 }, 'partially_nullified'],
  ] as const)('%s', (_what, charge, verdict) => {
    expect(verdictOf({ responseCode: undefined, ...charge })).toBe(verdict);
  });

  it('is approved for one pair of status and response code only', () => {
    const pairs = TRANSACTION_STATUSES.flatMap((status) =>
      [undefined, 0, -1, -5, 1].map((responseCode) => ({ status, responseCode })),
    );
    expect(pairs.filter((pair) => verdictOf(pair) === 'approved')).toEqual([{ status: 'AUTHORIZED', responseCode: 0 }]);
    expect(pairs.every((pair) => TRANSACTION_VERDICTS.includes(verdictOf(pair)))).toBe(true);
  });

  it('T38 is each shop’s own', () => {
    const shop = { commerceCode: '597055555536', buyOrder: 'a', amount: 1 };
    const details = [
      { ...shop, status: 'AUTHORIZED' as const, responseCode: 0 },
      { ...shop, status: 'FAILED' as const, responseCode: -1 },
    ];
    expect(childVerdicts({ details }).map(({ verdict }) => verdict)).toEqual(['approved', 'rejected']);
  });
});

describe('a refund', () => {
  const credit: PaidCharge = { amount: 1_000, balance: 1_000, committedAt: ago(HOUR), paymentTypeCode: 'VN' };
  const ruling = (over: Partial<PaidCharge>, amount: number) => refundRuling({ ...credit, ...over }, amount, now);
  const code = (over: Partial<PaidCharge>, amount: number) => {
    const answer = ruling(over, amount);
    return answer.allowed ? answer.expected : answer.code;
  };

  it('T29 T30 whole is a reversal for 3 hours, then a nullification for 90 days', () => {
    expect(code({ committedAt: ago(3 * HOUR) }, 1_000)).toBe('REVERSED');
    expect(code({ committedAt: ago(3 * HOUR + 1) }, 1_000)).toBe('NULLIFIED');
    expect(code({ committedAt: ago(90 * DAY) }, 1_000)).toBe('NULLIFIED');
    expect(code({ committedAt: ago(90 * DAY + 1) }, 1_000)).toBe('REFUND_WINDOW_CLOSED');
  });

  it('T31 in part is a nullification, up to the balance', () => {
    expect(code({}, 400)).toBe('NULLIFIED');
    expect(code({ balance: 600 }, 600)).toBe('NULLIFIED');
    expect(code({ balance: 600 }, 601)).toBe('AMOUNT_OVER_BALANCE');
    expect(code({ balance: 0 }, 1)).toBe('ALREADY_REFUNDED');
    for (const amount of [0, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY])
      expect(code({}, amount)).toBe('AMOUNT_INVALID');
  });

  it.each([
    ['VD', 'PARTIAL_NOT_ALLOWED'],
    ['VP', 'PARTIAL_NOT_ALLOWED'],
    ['VC', 'PARTIAL_NOT_ALLOWED_WITH_INSTALMENTS'],
    ['SI', 'PARTIAL_NOT_ALLOWED_WITH_INSTALMENTS'],
    ['S2', 'PARTIAL_NOT_ALLOWED_WITH_INSTALMENTS'],
    ['NC', 'PARTIAL_NOT_ALLOWED_WITH_INSTALMENTS'],
  ])('T35 of %s is whole or not at all', (paymentTypeCode, refusal) => {
    expect(code({ paymentTypeCode }, 999)).toBe(refusal);
    expect(code({ paymentTypeCode }, 1_000)).toBe('REVERSED');
    expect(code({ paymentTypeCode, committedAt: ago(DAY) }, 1_000)).toBe('NULLIFIED');
  });

  it('of a card type that nobody documents is Webpay’s to refuse', () => {
    expect(code({ paymentTypeCode: 'XX' }, 999)).toBe('NULLIFIED');
    expect(code({ paymentTypeCode: undefined }, 999)).toBe('NULLIFIED');
    expect([paymentTypeOf('constructor'), paymentTypeOf('vd')]).toEqual([undefined, undefined]);
  });

  it('of what is only reserved is whole', () => {
    expect(code({ captured: false }, 999)).toBe('UNCAPTURED_ONLY_WHOLE');
    expect(code({ captured: false, committedAt: ago(DAY) }, 1_000)).toBe('REVERSED');
    expect(code({ captured: true }, 999)).toBe('NULLIFIED');
  });

  it('says why in words', () => {
    expect(ruling({ balance: 600 }, 601)).toMatchObject({ reason: '600 are left to give back.' });
  });

  it('goes by the configured windows', () => {
    const windows = { ...DOCUMENTED_WINDOWS, reversalMs: HOUR };
    expect(refundRuling({ ...credit, committedAt: ago(2 * HOUR) }, 1_000, now, windows)).toMatchObject({
      expected: 'NULLIFIED',
    });
  });
});

describe('T37 a capture', () => {
  const reserved = { amount: 1_000, committedAt: ago(DAY), paymentTypeCode: 'VN', captured: false };
  const code = (over: object, amount = 1_000) => {
    const answer = captureRuling({ ...reserved, ...over }, amount, now);
    return answer.allowed ? 'allowed' : answer.code;
  };

  it('is taken once, for 7 days, up to what was authorized, of credit without instalments', () => {
    expect(code({})).toBe('allowed');
    expect(code({}, 1)).toBe('allowed');
    expect(code({}, 1_001)).toBe('AMOUNT_OVER_AUTHORIZED');
    expect(code({}, 0)).toBe('AMOUNT_INVALID');
    expect(code({ captured: true })).toBe('ALREADY_CAPTURED');
    expect(code({ committedAt: ago(7 * DAY) })).toBe('allowed');
    expect(code({ committedAt: ago(7 * DAY + 1) })).toBe('CAPTURE_WINDOW_CLOSED');
    for (const paymentTypeCode of ['VD', 'VP', 'VC', 'SI', 'S2', 'NC'])
      expect(code({ paymentTypeCode })).toBe('CAPTURE_NOT_ALLOWED_FOR_CARD');
  });
});

it('T36 status answers for 7 days, and its silence afterwards says nothing', () => {
  expect([isQueryable(ago(7 * DAY), now), isQueryable(ago(7 * DAY + 1), now)]).toEqual([true, false]);
});

describe('response codes', () => {
  it('mean different things in each level', () => {
    expect(responseMeaning(-2, 1).descripcion).not.toBe(responseMeaning(-2, 2).descripcion);
    expect(responseMeaning(-6, 1)).toEqual({ code: -6, level: 1, descripcion: undefined });
    expect(responseMeaning(-11, 2).descripcion).toContain('reintentos');
    expect(responseMeaning(-97, 1).descripcion).toContain('diario');
    expect(responseMeaning(-42, 2).descripcion).toBeUndefined();
  });
});

describe('what became of a call whose answer was lost', () => {
  const transaction = (over: Partial<Transaction>): Transaction => ({
    ...{ buyOrder: 'o', sessionId: 's', status: 'AUTHORIZED', amount: 1_000 },
    ...over,
  });

  it('of a commit: applied once it is anything but INITIALIZED, T05 and T07', () => {
    for (const status of TRANSACTION_STATUSES)
      expect(committed(transaction({ status })).kind).toBe(status === 'INITIALIZED' ? 'absent' : 'applied');
  });

  it('of a mall’s commit: some shops and not others is not over', () => {
    const shop = { commerceCode: '597055555536', buyOrder: 'a', amount: 1 };
    const of = (...statuses: Transaction['status'][]) =>
      mallCommitted({ buyOrder: 'm', details: statuses.map((status) => ({ ...shop, status })) }).kind;
    expect([of('INITIALIZED', 'INITIALIZED'), of('AUTHORIZED', 'INITIALIZED'), of('AUTHORIZED', 'FAILED')]).toEqual([
      'absent',
      'pending',
      'applied',
    ]);
  });

  it.each([
    ['nothing yet', { status: 'AUTHORIZED' }, 400, 1_000, 'absent'],
    ['nothing yet of a captured part', { status: 'CAPTURED', amount: 1_000 }, 400, 900, 'absent'],
    ['a part', { status: 'PARTIALLY_NULLIFIED', balance: 600 }, 400, 1_000, 'applied'],
    ['the same part not again', { status: 'PARTIALLY_NULLIFIED', balance: 600 }, 400, 600, 'absent'],
    ['the rest', { status: 'NULLIFIED', balance: 0 }, 600, 600, 'applied'],
    ['the rest, without a balance', { status: 'NULLIFIED' }, 600, 600, 'applied'],
    ['the whole', { status: 'REVERSED' }, 1_000, 1_000, 'applied'],
  ] as const)('T32 of a refund: %s', (_what, charge, amount, balanceBefore, kind) => {
    expect(refunded(transaction(charge), { amount, balanceBefore }).kind).toBe(kind);
  });

  it.each([
    ['another refund came between', { status: 'PARTIALLY_NULLIFIED', balance: 100 }, 400, 1_000],
    ['it was reversed, and only a part was asked for', { status: 'REVERSED' }, 400, 1_000],
    ['a balance is missing', { status: 'PARTIALLY_NULLIFIED' }, 400, 1_000],
    ['it was never paid', { status: 'FAILED' }, 400, 1_000],
  ] as const)('T32 of a refund: when %s nobody but a person can tell', (_what, charge, amount, balanceBefore) => {
    expect(() => refunded(transaction(charge), { amount, balanceBefore })).toThrow(
      /Before a refund of 400 there were 1000/,
    );
  });

  it('of a capture: applied unless it is still only authorized', () => {
    const wanted = { amount: 900, authorizationCode: '123456' };
    expect(captured({ status: 'AUTHORIZED' }, wanted).kind).toBe('absent');
    expect(captured({ status: 'CAPTURED' }, wanted)).toEqual({
      kind: 'applied',
      output: { capturedAmount: 900, authorizationCode: '123456' },
    });
  });

  it('of a reversed reservation: a capture did not happen', () => {
    expect(captured({ status: 'REVERSED' }, { amount: 900, authorizationCode: '123456' }).kind).toBe('absent');
  });

  it('counts nothing as refundable that was never taken', () => {
    expect(refundableOf(transaction({ status: 'FAILED' }))).toBeUndefined();
    expect(refundableOf(transaction({}))).toBe(1_000);
  });
});

describe('the page for integrators', () => {
  const page = readFileSync(path.resolve(__dirname, '../../../../docs/webpay.md'), 'utf8');
  const diagrams = [...page.matchAll(/^```mermaid\n([^]*?)^```$/gm)].map(([, text = '']) => text);

  it('has the sequence of each flow, without what ends a line of Mermaid early', () => {
    expect(diagrams).toHaveLength(9);
    for (const diagram of diagrams) expect(diagram).toMatch(/^sequenceDiagram\n(?!.*[;#])/s);
  });

  it('names the waits of the ledger', () => {
    const waits = page.match(/the ledger waits \d+ seconds/g);
    const { commit, refund, charge } = SETTLE_MS;
    expect(waits).toEqual([commit, refund, charge].map((ms) => `the ledger waits ${String(ms / 1_000)} seconds`));
  });
});

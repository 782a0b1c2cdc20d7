import fc from 'fast-check';
import { captureProblem, refundProblem } from './refund-rules';

const DAY = 86_400_000;
const WINDOWS = { refundMs: 90 * DAY, captureMs: 7 * DAY };
const now = new Date('2026-11-23T12:00:00Z');
const paid = {
  ...{ state: 'paid' as const, paymentType: 'VN', approvedAmount: 10_000, capturedAmount: null },
  ...{ refundedAmount: 0, committedAt: new Date(now.getTime() - DAY), now, captureOperationId: null },
  authorizationCode: '1213',
};
const rule = (given: Partial<typeof paid> | object, amount: number) =>
  refundProblem({ ...paid, ...given }, amount, WINDOWS)?.rule;

describe('refundProblem', () => {
  it('lets all of any card go back, and a part of credit without instalments', () => {
    for (const paymentType of ['VN', 'VD', 'VP', 'VC', 'SI', 'S2', 'NC', null])
      expect(rule({ paymentType }, 10_000)).toBeUndefined();
    expect(rule({}, 1)).toBeUndefined();
    expect(rule({ state: 'partially_refunded', refundedAmount: 9_000 }, 1_000)).toBeUndefined();
  });

  it('T35: refuses a part of debit, of prepaid and of instalments, before anybody is called', () => {
    for (const paymentType of ['VD', 'VP']) expect(rule({ paymentType }, 9_999)).toBe('PARTIAL_NOT_ALLOWED');
    for (const paymentType of ['VC', 'SI', 'S2', 'NC'])
      expect(rule({ paymentType }, 9_999)).toBe('PARTIAL_NOT_ALLOWED_WITH_INSTALMENTS');
    expect(refundProblem({ ...paid, paymentType: 'VD' }, 1, WINDOWS)?.why).toMatch(/refunded whole/);
  });

  it('gives back no more than is left, nothing where nothing was charged, and nothing after 90 days', () => {
    fc.assert(
      fc.property(fc.nat(10_000), fc.integer({ min: 1, max: 20_000 }), (refundedAmount, amount) => {
        const given = { state: 'partially_refunded' as const, refundedAmount };
        expect(rule(given, amount) === undefined).toBe(amount <= 10_000 - refundedAmount);
      }),
    );
    for (const state of ['created', 'pending', 'committing', 'unknown', 'rejected', 'expired', 'refunded', 'reversed'])
      expect(rule({ state }, 1)).toBe('NOTHING_CHARGED');
    expect(rule({ committedAt: new Date(now.getTime() - 91 * DAY) }, 10_000)).toBe('REFUND_WINDOW_CLOSED');
    expect(rule({ state: 'captured', capturedAmount: 4_000 }, 4_001)).toBe('AMOUNT_OVER_BALANCE');
  });
});

describe('captureProblem', () => {
  const capture = (given: object, amount: number) => captureProblem({ ...paid, ...given }, amount, WINDOWS)?.rule;

  it('T37: refuses more than was authorised, a second capture, one after 7 days, and one of debit', () => {
    expect(capture({}, 10_000)).toBeUndefined();
    expect(capture({}, 10_001)).toBe('AMOUNT_OVER_AUTHORIZED');
    expect(capture({ captureOperationId: 'op-1' }, 1)).toBe('ALREADY_CAPTURED');
    expect(capture({ committedAt: new Date(now.getTime() - 8 * DAY) }, 1)).toBe('CAPTURE_WINDOW_CLOSED');
    expect(capture({ paymentType: 'VD' }, 1)).toBe('CAPTURE_NOT_ALLOWED_FOR_CARD');
    expect(capture({ state: 'needs_review' }, 1)).toBe('NOT_AUTHORISED');
  });
});

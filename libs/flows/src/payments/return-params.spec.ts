import fc from 'fast-check';
import { classifyReturn, RETURN_KINDS } from './return-params';

const token = '01ab'.padEnd(64, '0');
const other = '01ab'.padEnd(64, '1');

describe('classifyReturn', () => {
  it('goes by which parameters are there, and by nothing else', () => {
    const order = { TBK_ORDEN_COMPRA: 'pnt-1', TBK_ID_SESION: 's-1' };
    expect(classifyReturn({ token_ws: token })).toEqual({ kind: 'normal', token });
    expect(classifyReturn({ TBK_TOKEN: token, ...order })).toEqual({ kind: 'aborted', token, buyOrder: 'pnt-1' });
    expect(classifyReturn({ TBK_TOKEN: token, TBK_ORDEN_COMPRA: 'pnt-1' }).kind).toBe('aborted');
    expect(classifyReturn(order)).toEqual({ kind: 'timeout', buyOrder: 'pnt-1', sessionId: 's-1' });
    expect(classifyReturn({ token_ws: token, TBK_TOKEN: token, ...order })).toEqual({ kind: 'recovered', token });
  });

  it('T24: refuses a token that is none: another path, too long, upper case, two of them, a list', () => {
    const bad = ['../../../oneclick/v1.2/transactions/BO', `${token}0`, token.toUpperCase(), 'abc?x=1', 'abc/refunds'];
    for (const token_ws of [...bad, [token, other], 'x'.repeat(10_000), ''])
      expect(classifyReturn({ token_ws })).toEqual({ kind: 'invalid' });
    expect(classifyReturn({ token_ws: token, TBK_TOKEN: other })).toEqual({ kind: 'invalid' });
    expect(classifyReturn({})).toEqual({ kind: 'invalid' });
    expect(classifyReturn({ TBK_ID_SESION: 's-1' })).toEqual({ kind: 'invalid' });
    expect(classifyReturn({ token_ws: [token, token] })).toEqual({ kind: 'normal', token });
  });

  it('answers to anything at all', () => {
    const value = fc.option(fc.oneof(fc.string(), fc.array(fc.string()), fc.constant(token)), { nil: undefined });
    const params = fc.record({ token_ws: value, TBK_TOKEN: value, TBK_ORDEN_COMPRA: value, TBK_ID_SESION: value });
    fc.assert(fc.property(params, (given) => RETURN_KINDS.includes(classifyReturn(given).kind)));
  });
});

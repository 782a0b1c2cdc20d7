import { IntegrationCommerceCodes, WebpayPlus } from 'transbank-sdk';
import {
  RETURN_URL,
  options,
  plus,
  effects,
  configure,
  fault,
  standIns,
  payer,
  created,
  paid,
  refusal,
  useWebpayStandIn,
} from '../../../../../test/support/webpay-sdk';

useWebpayStandIn();

describe('the way back', () => {
  it('has the parameters of each flow', async () => {
    const token = await created(10_000, plus(), 'R-1');
    const order = { TBK_ID_SESION: 'session-1', TBK_ORDEN_COMPRA: 'R-1' };
    expect(await payer.recoveredTab(token)).toEqual({
      method: 'POST',
      url: RETURN_URL,
      params: { token_ws: token, TBK_TOKEN: token, ...order },
      twice: false,
    });
    await configure({ abortMethod: 'POST', duplicateReturn: 'browser' });
    expect(await payer.abort(token)).toMatchObject({ method: 'POST', params: { TBK_TOKEN: token, ...order } });
    await expect(payer.approve(token)).rejects.toThrow('409');
    expect((await payer.timeout(await created(1, plus(), 'R-2'))).params).toEqual({
      ...order,
      TBK_ORDEN_COMPRA: 'R-2',
    });
    expect(await payer.approve(await created())).toMatchObject({ twice: true });
    await configure({ timeoutReturn: 'never' });
    await expect(payer.timeout(await created())).rejects.toThrow('stays where it is');
  });
});

describe('ordered accidents', () => {
  it('lose the answer of a commit that was made: the status tells', async () => {
    const token = await created();
    await payer.approve(token);
    await fault({ operation: 'commit', reset: 'after' });
    expect(await refusal(plus().commit(token))).toBe('Unexpected error');
    expect(await plus().status(token)).toMatchObject({ status: 'AUTHORIZED' });
  });

  it('drip an answer longer than any timeout between bytes, and change its type', async () => {
    const token = await created();
    await fault({ operation: 'status', dripMs: 5 });
    const before = performance.now();
    const sdk = new WebpayPlus.Transaction(options(IntegrationCommerceCodes.WEBPAY_PLUS, 500));
    expect(await sdk.status(token)).toMatchObject({ status: 'INITIALIZED' });
    expect(performance.now() - before).toBeGreaterThan(600);
    await fault({ status: 200, body: '<html></html>', headers: { 'content-type': 'text/html' } });
    expect(await plus().status(token)).toBe('<html></html>');
  });

  it('show shapes that cannot be reached by paying', async () => {
    const token = await paid();
    const force = (view: unknown) => standIns.order('webpay/force', { token, view });
    await force('aborted');
    expect(await plus().status(token)).toMatchObject({ status: 'FAILED', response_code: 0, vci: 'ABO' });
    await force('unpaid');
    expect(await plus().status(token)).not.toHaveProperty('response_code');
    await force({ amount: 9 });
    expect(await plus().commit(token)).toMatchObject({ amount: 9, status: 'AUTHORIZED' });
    await force(null);
    expect(await plus().status(token)).toMatchObject({ amount: 10_000 });
  });

  it('survive with everything else a restart', async () => {
    const token = await paid();
    await configure({ secondCommit: '422' });
    await standIns.restart();
    expect(await plus().status(token)).toMatchObject({ status: 'AUTHORIZED' });
    expect(await refusal(plus().commit(token))).toContain('422');
    expect(await effects()).toEqual(['create transaction', 'commit charge 10000']);
  });
});

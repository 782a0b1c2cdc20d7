import { IntegrationCommerceCodes, Oneclick } from 'transbank-sdk';
import {
  created,
  options,
  payer,
  plus,
  RETURN_URL,
  standIns,
  useWebpayStandIn,
} from '../../../../../test/support/webpay-sdk';

useWebpayStandIn();

const get = (path: string): Promise<Response> => fetch(`${standIns.url}/webpay/${path}`, { redirect: 'manual' });
const post = (path: string, fields: Record<string, string>): Promise<Response> =>
  fetch(`${standIns.url}/webpay/${path}`, { method: 'POST', body: new URLSearchParams(fields), redirect: 'manual' });

describe("the payer's pages", () => {
  it('lead from the form to the bank and back to the shop, step by step', async () => {
    const token_ws = await created();
    const opened = await post('webpayserver/initTransaction', { token_ws });
    expect([opened.status, opened.headers.get('location')]).toEqual([
      303,
      `/webpay/webpayserver/form?token_ws=${token_ws}`,
    ]);
    const form = await get(`webpayserver/form?token_ws=${token_ws}`);
    const text = await form.text();
    for (const id of ['tarjetas', 'card-number', 'card-exp', 'card-cvv']) expect(text).toContain(`id="${id}"`);
    expect(text).toContain('Anular compra y volver');

    expect((await post('webpayserver/pay', { token_ws, pan: '4051 8856 0044 6623' })).status).toBe(303);
    const bank = 'testcommercebank/authenticatorProcess.cgi';
    expect(await (await get(`testcommercebank/authenticator.cgi?token_ws=${token_ws}`)).text()).toContain(
      'id="rutClient"',
    );
    expect((await post(bank, { token_ws, vci: 'TSY' })).status).toBe(200); // nobody is logged in yet
    expect((await post(bank, { token_ws, rut: '11.111.111-1', password: '123' })).status).toBe(303);
    expect(await (await get(`${bank}?token_ws=${token_ws}`)).text()).toContain('id="vci"');
    const back = await post(bank, { token_ws, vci: 'TSY' });
    expect([back.status, back.headers.get('location')]).toEqual([302, `${RETURN_URL}&token_ws=${token_ws}`]);
    expect(await plus().commit(token_ws)).toMatchObject({ status: 'AUTHORIZED' });
  });

  it('allow nothing from elsewhere and nothing inline', async () => {
    const page = await get('webpayserver/initTransaction');
    const policy = page.headers.get('content-security-policy');
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toContain('unsafe');
    expect(await page.text()).not.toMatch(/<script>|style="|onclick/);
  });

  it('show Error 21 for tokens that are unknown, used or over', async () => {
    const token = await created();
    await payer.abort(token);
    for (const path of [`initTransaction?token_ws=${token}`, `form?token_ws=${token}`, 'form?token_ws=nobody', 'form'])
      expect(await (await get(`webpayserver/${path}`)).text()).toContain('Error 21');
  });

  it('say again what a shop told them, never as markup', async () => {
    const inscription = new Oneclick.MallInscription(options(IntegrationCommerceCodes.ONECLICK_MALL));
    const username = '<script>alert("x")</script>';
    const { token } = (await inscription.start(username, 'ana@example.com', RETURN_URL)) as { token: string };
    await payer.open(token);
    const text = await (await get(`webpayserver/form?token_ws=${token}`)).text();
    expect(text).toContain('&lt;script&gt;alert(&quot;x&quot;)');
    expect(text).not.toContain(username);
  });

  it('ask for a card number that can be one', async () => {
    const token = await created();
    await payer.open(token);
    expect(await (await post('webpayserver/pay', { token_ws: token, pan: '1234' })).text()).toContain('no es válido');
  });
});

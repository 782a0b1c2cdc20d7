import { IntegrationApiKeys, IntegrationCommerceCodes, Oneclick, Options, WebpayPlus } from 'transbank-sdk';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { WebpayStandIn } from '../../libs/providers/src/webpay/testing';
import { until } from '../support/sandbox-until';
import type { TestStandIns } from '../support/test-stand-ins';
import { startTestStandIns } from '../support/test-stand-ins';
import { launchBrowser, screenshot, visitor } from './chromium';
import { TinyShop } from './tiny-shop';

const VISA = '4051 8856 0044 6623';
const REJECTED = '5186 0595 5959 0568';
const DEBIT = '4051 8842 3993 7763';

let standIns: TestStandIns;
let browser: Browser;
let context: BrowserContext;
let page: Page;
let shop: TinyShop;
const complaints: string[] = [];

beforeAll(async () => {
  [standIns, browser] = await Promise.all([startTestStandIns(() => [new WebpayStandIn()]), launchBrowser()]);
});
afterAll(async () => {
  await browser.close();
  await standIns.stop();
});
beforeEach(async () => {
  await standIns.host.reset();
  shop = await TinyShop.open();
  ({ context, page } = await visitor(browser));
  complaints.length = 0;
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (line) => {
    if (line.type() === 'error' && !line.text().includes('favicon')) complaints.push(line.text());
  });
});
afterEach(async () => {
  await context.close();
  await shop.close();
  expect(complaints).toEqual([]);
});

const options = (commerceCode: string) =>
  new Options(commerceCode, IntegrationApiKeys.WEBPAY, `${standIns.url}/webpay`, 5_000);
const sdk = () => new WebpayPlus.Transaction(options(IntegrationCommerceCodes.WEBPAY_PLUS));

interface Started {
  readonly token: string;
  readonly url: string;
}
const start = async (): Promise<Started> =>
  (await sdk().create(`B-${String(Date.now())}`, 'session-1', 12_990, shop.returnUrl)) as Started;

/** As a shop sends its payer: by a form. */
async function arrive({ token, url }: Started, field = 'token_ws'): Promise<void> {
  await page.goto(shop.formTo(url, field, token));
  await page.click('button');
  await page.waitForSelector('header');
}

async function giveCard(number: string): Promise<void> {
  await page.click('#tarjetas');
  await page.fill('#card-number', number);
  await page.fill('#card-exp', '12/30');
  await page.fill('#card-cvv', '123');
  await page.click('#panel-tarjetas button.submit');
  await page.waitForSelector('#rutClient');
}

async function logIn(password = '123'): Promise<void> {
  await page.fill('#rutClient', '11.111.111-1');
  await page.fill('#passwordClient', password);
  await page.getByRole('button', { name: 'Aceptar' }).click();
}

async function decide(vci: 'TSY' | 'TSN'): Promise<void> {
  await page.selectOption('select#vci', vci);
  await page.getByRole('button', { name: 'Continuar' }).click();
  await page.waitForURL(`${shop.url}/done`);
}

describe('a payer in a browser', () => {
  it('pays with a card', async () => {
    const started = await start();
    await arrive(started);
    expect(await page.textContent('#amount')).toBe('$12.990');
    await screenshot(page, 'webpay-form');
    await giveCard(VISA);
    await screenshot(page, 'bank-login');
    await logIn();
    await page.waitForSelector('select#vci');
    await screenshot(page, 'bank-decision');
    await decide('TSY');

    expect(shop.visits).toEqual([{ method: 'GET', params: { cart: '7', token_ws: started.token } }]);
    expect(await sdk().commit(started.token)).toMatchObject({
      status: 'AUTHORIZED',
      card_detail: { card_number: '6623' },
    });
  });

  it('pays in instalments, with a published card at one touch', async () => {
    const started = await start();
    await arrive(started);
    await page.getByRole('button', { name: VISA }).click();
    expect(await page.textContent('#panel-tarjetas button.submit')).toBe('Pagar');
    await page.click('#botonlistacuotas0');
    await page.selectOption('#cuotas', '3');
    await page.click('#panel-tarjetas button.submit');
    await logIn();
    await decide('TSY');
    expect(await sdk().commit(started.token)).toMatchObject({
      payment_type_code: 'SI',
      installments_number: 3,
      installments_amount: 4_330,
    });
  });

  it('pays with a debit card', async () => {
    const started = await start();
    await arrive(started);
    await page.getByRole('button', { name: 'Débito' }).click();
    await page.selectOption('#bank', 'TEST COMMERCE BANK');
    await page.fill('input[formcontrolname=pan]', DEBIT);
    await page.click('#panel-debito button.submit');
    await logIn();
    await decide('TSY');
    expect(await sdk().commit(started.token)).toMatchObject({ status: 'AUTHORIZED', payment_type_code: 'VD' });
  });

  it.each([
    ['by the issuer', REJECTED, 'TSY'],
    ['at the bank', VISA, 'TSN'],
  ] as const)('is rejected %s', async (_, card, vci) => {
    const started = await start();
    await arrive(started);
    await giveCard(card);
    await logIn();
    await decide(vci);
    expect(await sdk().commit(started.token)).toMatchObject({ status: 'FAILED', response_code: -1, vci });
  });

  it('cannot go on with a wrong password, and nobody is told', async () => {
    const started = await start();
    await arrive(started);
    await giveCard(VISA);
    await logIn('456');
    await page.getByText('No fue posible autenticar').waitFor();
    await screenshot(page, 'bank-error');
    expect(shop.visits).toEqual([]);
    expect(await sdk().status(started.token)).toMatchObject({ status: 'INITIALIZED' });
  });

  it.each(['GET', 'POST'])('cancels and comes back by %s', async (abortMethod) => {
    await standIns.order('webpay/config', { abortMethod });
    const started = await start();
    await arrive(started);
    await page.getByRole('button', { name: 'Anular compra y volver' }).click();
    await page.waitForURL(`${shop.url}/done`);
    expect(shop.visits).toMatchObject([
      { method: abortMethod, params: { cart: '7', TBK_TOKEN: started.token, TBK_ID_SESION: 'session-1' } },
    ]);
    expect(shop.visits[0]?.params).not.toHaveProperty('token_ws');
  });

  it('comes back by itself when the time of the form is over', async () => {
    await standIns.order('webpay/config', { formTimeoutMs: 2_500 });
    await arrive(await start());
    await page.waitForURL(`${shop.url}/done`);
    expect(Object.keys(shop.visits[0]?.params ?? {})).toEqual(['cart', 'TBK_ID_SESION', 'TBK_ORDEN_COMPRA']);
  });

  it('lets it run out, or leaves, with a button', async () => {
    await arrive(await start());
    await page.getByRole('button', { name: 'Dejar vencer' }).click();
    await page.waitForURL(`${shop.url}/done`);
    expect(shop.visits).toHaveLength(1);
    await arrive(await start());
    await page.getByRole('button', { name: 'Cerrar sin volver' }).click();
    await page.getByText('Pestaña cerrada').waitFor();
    expect(shop.visits).toHaveLength(1);
  });

  it('finds Error 21 with a token used before, and can still come back with all four parameters', async () => {
    const started = await start();
    await arrive(started);
    await giveCard(VISA);
    await logIn();
    await decide('TSY');
    await arrive(started);
    await page.getByText('Error 21').first().waitFor();
    await screenshot(page, 'error-21');
    await page.getByRole('button', { name: 'Volver al sitio' }).click();
    await page.waitForURL(`${shop.url}/done`);
    expect(shop.visits[1]).toMatchObject({
      method: 'POST',
      params: { token_ws: started.token, TBK_TOKEN: started.token },
    });
  });

  it('goes Back from the shop and does not pay again', async () => {
    const started = await start();
    await arrive(started);
    await giveCard(VISA);
    await logIn();
    await decide('TSY');
    await sdk().commit(started.token);
    await page.goBack();
    await page.waitForLoadState();
    if (await page.locator('select#vci').isVisible()) await page.getByRole('button', { name: 'Continuar' }).click();
    await page.getByText('Error 21').first().waitFor();
    expect(await charges()).toBe(1);
  });

  it('presses twice and pays once', async () => {
    const started = await start();
    await arrive(started);
    await page.fill('#card-number', VISA);
    await page.fill('#card-exp', '12/30');
    await page.fill('#card-cvv', '123');
    await page.dblclick('#panel-tarjetas button.submit');
    await page.waitForSelector('#rutClient');
    await logIn();
    await page.waitForSelector('select#vci');
    await page.getByRole('button', { name: 'Continuar' }).dblclick();
    await page.waitForURL(`${shop.url}/done`);
    await sdk().commit(started.token);
    expect(await charges()).toBe(1);
  });

  it.each(['browser', 'backend'])('comes back twice when the %s does', async (duplicateReturn) => {
    await standIns.order('webpay/config', { duplicateReturn });
    const started = await start();
    await arrive(started);
    await giveCard(VISA);
    await logIn();
    await decide('TSY');
    await until(() => shop.visits.length === 2, { withinMs: 5_000, what: 'the second visit' });
    expect(shop.visits[0]).toEqual(shop.visits[1]);
  });

  it('inscribes a card', async () => {
    const inscription = new Oneclick.MallInscription(options(IntegrationCommerceCodes.ONECLICK_MALL));
    const { token, url_webpay: url } = (await inscription.start('ana', 'ana@example.com', shop.returnUrl)) as {
      token: string;
      url_webpay: string;
    };
    await arrive({ token, url }, 'TBK_TOKEN');
    await page.getByText('Inscripción de tarjeta').waitFor();
    await screenshot(page, 'oneclick-inscription');
    await giveCard(VISA);
    await logIn();
    await decide('TSY');
    expect(shop.visits).toEqual([{ method: 'GET', params: { cart: '7', TBK_TOKEN: token } }]);
    expect(await inscription.finish(token)).toMatchObject({ response_code: 0, card_number: 'XXXXXXXXXXXX6623' });
  });

  it('also pays where scripts do not run', async () => {
    await context.close();
    context = await browser.newContext({ javaScriptEnabled: false });
    page = await context.newPage();
    const started = await start();
    await page.goto(`${started.url}?token_ws=${started.token}`);
    await page.fill('#card-number', VISA);
    await page.fill('#card-exp', '12/30');
    await page.fill('#card-cvv', '123');
    await page.click('#panel-tarjetas button.submit');
    await logIn();
    await decide('TSY');
    expect(await sdk().commit(started.token)).toMatchObject({ status: 'AUTHORIZED' });
  });
});

async function charges(): Promise<number> {
  return (await standIns.received<{ effect: string }>('webpay')).filter(({ effect }) => effect === 'charge').length;
}

import type { Browser, BrowserContext, Page } from 'playwright-core';
import { SandboxProcess } from '../support/sandbox-process';
import { until } from '../support/sandbox-until';
import { launchBrowser, screenshot, visitor } from './chromium';

const VISA = '4051 8856 0044 6623';
const REJECTED = '5186 0595 5959 0568';
const FIXTURE = '1208021';
const PRICE = 1_000;
/** A request that is not settled at once is when the reconciler has asked. */
const SETTLED = { withinMs: 60_000, everyMs: 500 };

let sandbox: SandboxProcess;
let browser: Browser;
let context: BrowserContext;
let page: Page;
let shopUrl: string;

beforeAll(async () => {
  [sandbox, browser] = await Promise.all([SandboxProcess.start(), launchBrowser()]);
  shopUrl = `${sandbox.facts().sandboxUrl}/_sandbox/shop`;
}, 120_000);
afterAll(async () => {
  await browser.close();
  await sandbox.remove();
}, 60_000);
beforeEach(async () => {
  ({ context, page } = await visitor(browser));
  await page.goto(shopUrl);
});
afterEach(() => context.close());

interface Shelf {
  readonly left: number;
  readonly wallet: number;
}

/** What the shop shows now, in a tab of its own. */
async function shelf(): Promise<Shelf> {
  const tab = await context.newPage();
  await tab.goto(shopUrl);
  const left = Number(await tab.getAttribute(`#fixture-${FIXTURE} .left`, 'data-units'));
  const wallet = Number(await tab.getAttribute('#wallet', 'data-amount'));
  await tab.close();
  return { left, wallet };
}

async function buy(quantity: number, how: 'Webpay' | 'la billetera'): Promise<void> {
  await page.selectOption(`#quantity-${FIXTURE}`, String(quantity));
  await page.click(`#fixture-${FIXTURE} button:has-text("Pagar con ${how}")`);
}

async function payWith(card: string, vci: 'TSY' | 'TSN' = 'TSY'): Promise<void> {
  await page.fill('#card-number', card);
  await page.fill('#card-exp', '12/30');
  await page.fill('#card-cvv', '123');
  await page.click('#panel-tarjetas button.submit');
  await page.fill('#rutClient', '11.111.111-1');
  await page.fill('#passwordClient', '123');
  await page.getByRole('button', { name: 'Aceptar' }).click();
  await page.selectOption('select#vci', vci);
  await page.getByRole('button', { name: 'Continuar' }).click();
}

/** The result page ends up saying this; while a payment is unknown it renews itself. */
async function result(expected: 'approved' | 'rejected' | 'cancelled' | 'awaited'): Promise<void> {
  await page.locator(`#result[data-result="${expected}"]`).waitFor({ timeout: SETTLED.withinMs });
}

async function received<Effect>(part: string): Promise<Effect[]> {
  const response = await fetch(`${sandbox.facts().sandboxUrl}/_sandbox/${part}/received`);
  return (await response.json()) as Effect[];
}

/** The order on the page. */
function order(): string {
  return decodeURIComponent(new URL(page.url()).pathname.split('/').at(-1) ?? '');
}

/** What the whole market is told about the order on the page, over MQTT: once, and nothing else. */
async function told(valid: boolean): Promise<void> {
  const word = { request_id: order(), group_id: '15', seller: 0, valid };
  expect(await heard('validation')).toEqual([word]);
}

/** What the broker got about the order on the page, as soon as there is something. */
async function heard(name: 'requests' | 'validation'): Promise<unknown[]> {
  const id = order();
  return until(
    async () => {
      const messages = await received<{ topic: string; payload: string }>('mqtt');
      const own = messages.filter(({ topic, payload }) => topic === `fixtures/${name}` && payload.includes(id));
      return own.length > 0 && own.map(({ payload }) => JSON.parse(payload) as unknown);
    },
    { ...SETTLED, what: `fixtures/${name} about ${id}` },
  );
}

/** What another group says over MQTT of the order on the page. */
async function said(valid: boolean): Promise<void> {
  const payload = { request_id: order(), group_id: '15', seller: 0, valid };
  const body = JSON.stringify({ topic: 'fixtures/validation', payload });
  await fetch(`${sandbox.facts().sandboxUrl}/_sandbox/mqtt/publish`, { method: 'POST', body });
}

/** The one mail about the order on the page has this subject. */
async function mailed(subject: RegExp): Promise<void> {
  const id = order();
  const own = await until(
    async () => {
      const mails = await received<{ subject: string }>('smtp');
      const found = mails.filter((mail) => JSON.stringify(mail).includes(id));
      return found.length > 0 && found.map((mail) => mail.subject);
    },
    { ...SETTLED, what: `a mail about ${id}` },
  );
  expect(own).toEqual([expect.stringMatching(subject)]);
}

async function charges(): Promise<number> {
  const all = await received<{ effect: string }>('webpay');
  return all.filter(({ effect }) => effect === 'charge').length;
}

describe('the demo shop', () => {
  jest.setTimeout(90_000);

  it('sells units for Webpay, and shows the receipt that Transbank asks for', async () => {
    const before = await shelf();
    await screenshot(page, 'shop');
    await buy(2, 'Webpay');
    await payWith(VISA);
    await result('approved');
    await screenshot(page, 'shop-approved');
    const receipt = await page.textContent('main');
    for (const part of ['Tienda de prueba', '$2.000', '1213', 'Crédito', 'Sin cuotas', '6623', '2 bonos'])
      expect(receipt).toContain(part);
    expect(await shelf()).toEqual({ ...before, left: before.left - 2 });
    expect(await charges()).toBe(1);
    await told(true);
    await mailed(/aprobada/i);
  });

  it('sells units from the wallet, once the system of all groups agrees', async () => {
    const before = await shelf();
    await buy(3, 'la billetera');
    await result('awaited');
    await screenshot(page, 'shop-wallet');
    expect(await heard('requests')).toEqual([
      expect.objectContaining({ request_id: order(), quantity: 3, wallet: true }),
    ]);
    await said(true);
    await result('approved');
    await mailed(/aprobada/i);
    expect(await shelf()).toEqual({ left: before.left - 3, wallet: before.wallet - 3 * PRICE });
  });

  it('gives units and money back when it does not', async () => {
    const before = await shelf();
    await buy(1, 'la billetera');
    await page.getByRole('button', { name: 'Rechazar' }).click();
    await result('rejected');
    expect(await shelf()).toEqual(before);
    await mailed(/rechazad/i);
  });

  it.each([
    ['a rejected card', () => payWith(REJECTED)],
    ['a payer who says no at the bank', () => payWith(VISA, 'TSN')],
  ])('gives units back after %s, and says why it may be', async (_, walk) => {
    const before = await shelf();
    await buy(2, 'Webpay');
    expect((await shelf()).left).toBe(before.left - 2);
    await walk();
    await result('rejected');
    await screenshot(page, 'shop-rejected');
    expect(await page.textContent('main')).toContain('Causas posibles');
    await told(false);
    await mailed(/rechazad/i);
    expect(await shelf()).toEqual(before);
  });

  it('gives units back when the payer cancels', async () => {
    const before = await shelf();
    await buy(1, 'Webpay');
    await page.getByRole('button', { name: 'Anular compra y volver' }).click();
    await result('cancelled');
    await screenshot(page, 'shop-cancelled');
    await told(false);
    await mailed(/anulad/i);
    expect(await shelf()).toEqual(before);
  });

  it('does not call a form that ran out a payment', async () => {
    const before = await shelf();
    await buy(1, 'Webpay');
    await page.getByRole('button', { name: 'Dejar vencer' }).click();
    await result('cancelled');
    await screenshot(page, 'shop-timeout');
    await told(false);
    await mailed(/anulad/i);
    expect(await shelf()).toEqual(before);
  });

  it('charges once when the payer goes Back after paying, and shows the same receipt again', async () => {
    const before = await charges();
    await buy(1, 'Webpay');
    await payWith(VISA);
    await result('approved');
    const receipt = page.url();
    await page.goBack();
    await page.getByText('Error 21').first().waitFor();
    await page.getByRole('button', { name: 'Volver al sitio' }).click();
    await result('approved');
    expect(page.url()).toBe(receipt);
    expect(await charges()).toBe(before + 1);
    await told(true);
    await mailed(/aprobada/i);
  });

  it('T27: shows Error 21 to a payer who goes Back and opens the old form again; the order can still be paid', async () => {
    const [before, charged] = [await shelf(), await charges()];
    await buy(1, 'Webpay');
    const form = page.url();
    await page.goBack();
    await page.goto(form.replace('webpayserver/form', 'webpayserver/initTransaction'));
    await page.getByText('Error 21').first().waitFor();
    await screenshot(page, 'shop-error-21');
    await page.getByRole('button', { name: 'Volver al sitio' }).click();
    await page.waitForURL('**/shop/orders/**');
    expect(await page.getAttribute('#result', 'data-result')).not.toBe('approved');

    await page.goto(form);
    await payWith(VISA);
    await result('approved');
    expect(await charges()).toBe(charged + 1);
    await told(true);
    expect(await shelf()).toEqual({ ...before, left: before.left - 1 });
  });

  it('makes one order of a double click', async () => {
    const before = await shelf();
    await page.selectOption(`#quantity-${FIXTURE}`, '1');
    await page.dblclick(`#fixture-${FIXTURE} button:has-text("Pagar con la billetera")`);
    await result('awaited');
    expect(await heard('requests')).toHaveLength(1);
    expect(await shelf()).toEqual({ left: before.left - 1, wallet: before.wallet - PRICE });
  });

  it('fills the wallet', async () => {
    const before = await shelf();
    await page.getByRole('button', { name: 'Cargar' }).click();
    await until(async () => (await shelf()).wallet > before.wallet, { ...SETTLED, what: 'the wallet has more' });
  });
});

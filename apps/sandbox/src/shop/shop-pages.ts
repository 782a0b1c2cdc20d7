import type { Html, StandInReply } from '@puente/integrations/testing';
import { html } from '@puente/integrations/testing';
import { goTo, pageHeaders } from '@puente/providers/webpay/testing';
import type { Fixture, Order, Payment } from './shop-shapes.schemas';

export { goTo };

const PESOS = new Intl.NumberFormat('es-CL');
const TIME = new Intl.DateTimeFormat('es-CL', {
  dateStyle: 'medium',
  timeStyle: 'short',
  timeZone: 'America/Santiago',
});
const MERCHANT = 'Tienda de prueba';
const MOST_UNITS = 10;

const PAYMENT_TYPES: Readonly<Record<string, readonly [type: string, instalments: string]>> = {
  VD: ['Débito', 'Sin cuotas'],
  VP: ['Prepago', 'Sin cuotas'],
  VN: ['Crédito', 'Sin cuotas'],
  VC: ['Crédito', 'Cuotas normales'],
  SI: ['Crédito', '3 cuotas sin interés'],
  S2: ['Crédito', '2 cuotas sin interés'],
  NC: ['Crédito', 'Cuotas sin interés'],
};

export interface Home {
  readonly user: string;
  readonly fixtures: readonly Fixture[];
  readonly wallet: number;
  readonly orders: readonly Order[];
  readonly topUp: number;
  /** For each form, so that pressing twice is one order. */
  readonly newKey: () => string;
}

/** What there is to buy, what the wallet holds, and what was bought before. */
export function homePage({ user, fixtures, wallet, orders, topUp, newKey }: Home): StandInReply {
  const body = html`<section>
      <h1>${MERCHANT}</h1>
      <p>Hola, ${user}. Billetera: <strong id="wallet" data-amount="${wallet}">${clp(wallet)}</strong></p>
      <form method="post" action="/_sandbox/shop/topup">
        <input type="hidden" name="key" value="${newKey()}" />
        <button class="quiet">Cargar ${clp(topUp)}</button>
      </form>
    </section>
    ${fixtures.map((fixture) => fixtureCard(fixture, newKey()))}
    ${orders.length === 0 ? undefined : ordersTable(orders)}`;
  return page('Tienda', body);
}

function fixtureCard(fixture: Fixture, key: string): Html {
  const { fixture_id, league_name, round, units_left, unit_price } = fixture;
  const most = Math.min(units_left, MOST_UNITS);
  const choices = Array.from({ length: most }, (_, at) => html`<option>${at + 1}</option>`);
  return html`<section id="fixture-${fixture_id}">
    <h2>${league_name}</h2>
    <p>${round}</p>
    <p>
      ${clp(unit_price ?? 1_000)} cada bono. Quedan
      <strong class="left" data-units="${units_left}">${units_left}</strong>.
    </p>
    ${
      most === 0
        ? html`<p class="error">Agotado</p>`
        : html`<form method="post" action="/_sandbox/shop/buy">
            <input type="hidden" name="key" value="${key}" />
            <input type="hidden" name="fixture_id" value="${fixture_id}" />
            <label for="quantity-${fixture_id}">Cantidad</label>
            <select id="quantity-${fixture_id}" name="quantity">
              ${choices}
            </select>
            <button class="main" name="pay" value="webpay">Pagar con Webpay</button>
            <button class="quiet" name="pay" value="wallet">Pagar con la billetera</button>
          </form>`
    }
  </section>`;
}

function ordersTable(orders: readonly Order[]): Html {
  const rows = orders.map(
    (order) =>
      html`<tr>
        <td><a href="/_sandbox/shop/orders/${order.request_id}">${order.round}</a></td>
        <td>${order.quantity}</td>
        <td>${clp(order.amount)}</td>
        <td>${STATUS[order.status]}</td>
      </tr>`,
  );
  return html`<section>
    <h2>Tus compras</h2>
    <table>
      <tr>
        <th>Partido</th>
        <th>Bonos</th>
        <th>Total</th>
        <th>Estado</th>
      </tr>
      ${rows}
    </table>
  </section>`;
}

const STATUS: Readonly<Record<Order['status'], string>> = {
  pending: 'pendiente',
  sent: 'enviada',
  'pending payment': 'esperando el pago',
  accepted: 'pagada',
  rejected: 'sin efecto',
};

/** The merchant's own result page: Webpay shows the payer no voucher. */
export function orderPage(order: Order, payment: Payment | undefined): StandInReply {
  if (order.status === 'accepted') return page('Pago aprobado', html`${paid(order, payment)} ${back}`);
  if (order.status !== 'rejected') {
    const waits = order.wallet ? awaited(order) : pending(order);
    return page('Compra pendiente', html`${waits} ${back}`, 'refresh');
  }
  if (order.wallet) return page('Compra rechazada', html`${refunded(order)} ${back}`);
  const cancelled = payment !== undefined && ['cancelled', 'expired'].includes(payment.state);
  return page(cancelled ? 'Pago anulado' : 'Pago rechazado', html`${notPaid(order, payment, cancelled)} ${back}`);
}

function paid(order: Order, payment: Payment | undefined): Html {
  return html`<section>
    <h1 id="result" data-result="approved">Pago aprobado</h1>
    <p class="amount">${clp(order.amount)}</p>
    <dl>
      <dt>Número de orden</dt>
      <dd>${payment?.buyOrder ?? order.request_id}</dd>
      <dt>Comercio</dt>
      <dd>${MERCHANT}</dd>
      <dt>Monto</dt>
      <dd>${clp(order.amount)} CLP</dd>
      ${
        payment
          ? receipt(payment)
          : html`<dt>Medio de pago</dt>
              <dd>${order.wallet ? 'Billetera' : 'Webpay'}</dd>
              <dt>Fecha</dt>
              <dd>${time(order.created_at)}</dd>`
      }
      <dt>Descripción</dt>
      <dd>${describe(order)}</dd>
    </dl>
  </section>`;
}

function receipt(payment: Payment): Html {
  const [type, instalments] = PAYMENT_TYPES[payment.paymentType ?? ''] ?? ['Tarjeta', 'Sin cuotas'];
  const each = payment.installments ?? 0;
  return html`<dt>Código de autorización</dt>
    <dd id="authorization">${payment.authorizationCode ?? '—'}</dd>
    <dt>Fecha</dt>
    <dd>${payment.committedAt === null ? '—' : time(payment.committedAt)}</dd>
    <dt>Tipo de pago</dt>
    <dd>${type}</dd>
    <dt>Cuotas</dt>
    <dd>${each > 1 ? `${instalments}: ${String(each)} de ${clp(Math.floor(payment.amount / each))}` : instalments}</dd>
    <dt>Tarjeta</dt>
    <dd id="card">•••• ${payment.cardLast4 ?? '—'}</dd>`;
}

function notPaid(order: Order, payment: Payment | undefined, cancelled: boolean): Html {
  const title = cancelled ? 'Pago anulado' : 'Pago rechazado';
  return html`<section>
    <h1 id="result" data-result="${cancelled ? 'cancelled' : 'rejected'}">${title}</h1>
    <p>Orden ${payment?.buyOrder ?? order.request_id}: ${describe(order)}, ${clp(order.amount)}.</p>
    <p>No se realizó ningún cobro y los bonos volvieron a estar a la venta.</p>
    ${cancelled ? undefined : causes}
  </section>`;
}

const causes = html`<h2>Causas posibles</h2>
  <ul>
    <li>Los datos de la tarjeta no son correctos (número, vencimiento o código de seguridad).</li>
    <li>No hay saldo o cupo suficiente.</li>
    <li>La tarjeta no está habilitada para compras por internet, o su banco no autorizó el pago.</li>
  </ul>
  <p>Si el problema sigue, hable con su banco o pague con otra tarjeta.</p>`;

function pending(order: Order): Html {
  return html`<section>
    <h1 id="result" data-result="pending">Pago pendiente</h1>
    <p>${describe(order)}, ${clp(order.amount)}.</p>
    <p>Todavía no sabemos qué pasó con el pago; esta página se actualiza sola. No pague de nuevo.</p>
  </section>`;
}

/** Paid already; another system has the last word, as in the original marketplace. */
function awaited(order: Order): Html {
  const word = (valid: boolean, text: string): Html =>
    html`<form method="post" action="/_sandbox/shop/validate">
      <input type="hidden" name="request_id" value="${order.request_id}" />
      <button class="quiet" name="valid" value="${String(valid)}">${text}</button>
    </form>`;
  return html`<section>
      <h1 id="result" data-result="awaited">Pagado con la billetera</h1>
      <p>${describe(order)}, ${clp(order.amount)}.</p>
      <p>Falta que la central valide la compra; esta página se actualiza sola.</p>
    </section>
    <section class="simulated">
      <h2>Solo en el sandbox: responder como la central</h2>
      ${word(true, 'Validar')} ${word(false, 'Rechazar')}
    </section>`;
}

function refunded(order: Order): Html {
  return html`<section>
    <h1 id="result" data-result="rejected">Compra rechazada</h1>
    <p>${describe(order)}. La central no validó la compra.</p>
    <p>${clp(order.amount)} volvieron a su billetera y los bonos volvieron a estar a la venta.</p>
  </section>`;
}

export function messagePage(status: number, title: string, text: string): StandInReply {
  const body = html`<section>
      <h1>${title}</h1>
      <p class="error" role="alert">${text}</p>
    </section>
    ${back}`;
  return { ...page(title, body), status };
}

const back = html`<p><a href="/_sandbox/shop" id="home">Volver a la tienda</a></p>`;

function page(title: string, body: Html, refresh?: 'refresh'): StandInReply {
  const { text } = html`<!doctype html>
    <html lang="es">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        ${refresh ? html`<meta http-equiv="refresh" content="2" />` : undefined}
        <title>${title} · ${MERCHANT}</title>
        <link rel="stylesheet" href="/webpay/static/webpay.css" />
        <script src="/webpay/static/webpay.js" defer></script>
      </head>
      <body class="bank">
        <header><strong>${MERCHANT}</strong><span>Sandbox de Puente</span></header>
        <main>${body}</main>
      </body>
    </html>`;
  return { status: 200, headers: { 'content-type': 'text/html; charset=utf-8', ...pageHeaders }, body: text };
}

function describe({ quantity, round }: Order): string {
  return `${String(quantity)} ${quantity === 1 ? 'bono' : 'bonos'} de ${round}`;
}

function clp(amount: number): string {
  return `$${PESOS.format(amount)}`;
}

function time(text: string): string {
  return TIME.format(new Date(text));
}

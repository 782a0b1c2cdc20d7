import { html } from '@puente/integrations/testing';
import { page } from './page';
import type { Html, StandInReply } from '@puente/integrations/testing';
import type { Walk } from '../payer-journey';
import type { TestCard } from '../test-cards';
import { bankUser, testCards } from '../test-cards';
import { amountOf } from '../webpay-transaction';
import { hiddenToken, simulatorButtons } from './simulator-buttons';

const PESOS = new Intl.NumberFormat('es-CL');
/** Up to which number of instalments the form offers them one by one. */
const INSTALMENTS = [0, 2, 3, 4, 5, 6, 9, 12, 24];

export interface PaymentFormOptions {
  /** What was wrong with the card just given. */
  readonly problem?: string | undefined;
  readonly remainingMs: number;
}

/** Where the payer chooses how to pay: with a card, or with a debit card at their bank. Also inscribes cards of Oneclick. */
export function paymentForm(walk: Walk, { problem, remainingMs }: PaymentFormOptions): StandInReply {
  const { token } = walk.walk;
  const inscribes = walk.kind === 'inscription';
  const body = html`<div class="columns">
    <section>
      <h1>${inscribes ? 'Inscripción de tarjeta' : 'Selecciona tu medio de pago'}</h1>
      ${problem === undefined ? undefined : html`<p class="error" role="alert">${problem}</p>`}
      <div class="payment-options">
        <button type="button" id="tarjetas" class="payment-options__method-items-option" data-shows="panel-tarjetas">
          Tarjetas
        </button>
        ${inscribes ? undefined : debitOption}
      </div>
      ${cardPanel(token, walk)} ${inscribes ? undefined : debitPanel(token)}
      <p class="clock">Tiempo restante: <span data-remaining-ms="${remainingMs}">—</span></p>
      <form method="post" action="/webpay/webpayserver/abort">
        ${hiddenToken(token)}
        <button class="quiet" id="anular">
          ${inscribes ? 'Anular inscripción y volver' : 'Anular compra y volver'}
        </button>
      </form>
      <form method="post" action="/webpay/webpayserver/timeout" id="timeout-form">${hiddenToken(token)}</form>
    </section>
    <div class="columns-side">${summary(walk)} ${helpBox} ${simulatorButtons(token)}</div>
  </div>`;
  return page({ title: inscribes ? 'Webpay: inscripción' : 'Webpay: pago', house: 'Webpay', body });
}

const debitOption = html`<button type="button" class="payment-options__method-items-option" data-shows="panel-debito">
  Débito
</button>`;

function cardPanel(token: string, walk: Walk): Html {
  return html`<div class="panel" id="panel-tarjetas">
    <form method="post" action="/webpay/webpayserver/pay" data-payment>
      ${hiddenToken(token)}
      <label for="card-number">Número de tarjeta</label>
      <input
        id="card-number"
        name="pan"
        inputmode="numeric"
        autocomplete="cc-number"
        pattern="[0-9 ]{13,23}"
        required
      />
      <div class="pair">
        <div>
          <label for="card-exp">Vencimiento (MM/AA)</label>
          <input
            id="card-exp"
            name="exp"
            inputmode="numeric"
            autocomplete="cc-exp"
            pattern="[0-9]{2} ?/? ?[0-9]{2}"
            required
          />
        </div>
        <div>
          <label for="card-cvv">CVV</label>
          <input id="card-cvv" name="cvv" inputmode="numeric" autocomplete="cc-csc" pattern="[0-9]{3,4}" required />
        </div>
      </div>
      ${walk.kind === 'inscription' ? undefined : instalments}
      <button class="submit">Continuar</button>
    </form>
  </div>`;
}

const instalments = html`<details>
  <summary id="botonlistacuotas0">Cuotas</summary>
  <label for="cuotas">Número de cuotas</label>
  <select id="cuotas" name="cuotas">
    ${INSTALMENTS.map((count) => html`<option value="${count}">${count === 0 ? 'Sin cuotas' : `${String(count)} cuotas`}</option>`)}
  </select>
</details>`;

function debitPanel(token: string): Html {
  return html`<div class="panel" id="panel-debito">
    <form method="post" action="/webpay/webpayserver/pay" data-payment>
      ${hiddenToken(token)}
      <label for="bank">Banco</label>
      <select id="bank" name="bank">
        <option>TEST COMMERCE BANK</option>
      </select>
      <label for="pan">Número de tarjeta de débito</label>
      <input
        id="pan"
        name="pan"
        formcontrolname="pan"
        inputmode="numeric"
        autocomplete="off"
        pattern="[0-9 ]{13,23}"
        required
      />
      <button class="submit">Continuar</button>
    </form>
  </div>`;
}

function summary({ kind, walk }: Walk): Html {
  if (kind === 'inscription') {
    return html`<section>
      <h2>Inscripción</h2>
      <dl>
        <dt>Comercio</dt>
        <dd>${walk.commerceCode}</dd>
        <dt>Usuario</dt>
        <dd>${walk.username}</dd>
      </dl>
    </section>`;
  }
  return html`<section>
    <h2>Estás pagando en</h2>
    <dl>
      <dt>Comercio</dt>
      <dd>${walk.commerceCode}</dd>
      <dt>Orden de compra</dt>
      <dd>${walk.buyOrder}</dd>
    </dl>
    <p class="amount" id="amount">$${PESOS.format(amountOf(walk))}</p>
  </section>`;
}

function cardRow({ brand, number, cvv = '', kind, approved }: TestCard): Html {
  const spaced = number.replace(/(.{4})(?=.)/g, '$1 ');
  return html`<tr>
    <td>${brand}</td>
    <td>
      <button type="button" class="link" data-card="${number}" data-cvv="${cvv}" data-kind="${kind}">${spaced}</button>
    </td>
    <td>${cvv}</td>
    <td class="${approved ? 'good' : 'bad'}">${approved ? 'aprueba' : 'rechaza'}</td>
  </tr>`;
}

const helpBox = html`<aside aria-label="Tarjetas de prueba">
  <h2>Tarjetas de prueba</h2>
  <p>
    Publicadas por Transbank para su ambiente de integración. Con cualquier vencimiento futuro; al tocar un número se
    copia.
  </p>
  <table>
    <tr>
      <th>Tarjeta</th>
      <th>Número</th>
      <th>CVV</th>
      <th>Resultado</th>
    </tr>
    ${testCards.map(cardRow)}
  </table>
  <p>En el banco: RUT ${bankUser.rut}, clave ${bankUser.password}.</p>
</aside>`;

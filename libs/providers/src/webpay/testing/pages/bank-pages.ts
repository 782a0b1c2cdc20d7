import { html } from '@puente/integrations/testing';
import { page } from './page';
import type { StandInReply } from '@puente/integrations/testing';
import { bankUser } from '../test-cards';
import { hiddenToken } from './simulator-buttons';

const house = 'TEST COMMERCE BANK';

/** The bank asks who pays. */
export function bankLogin(token: string): StandInReply {
  const body = html`<section>
    <h1>Autenticación</h1>
    <form method="post" action="/webpay/testcommercebank/authenticatorProcess.cgi">
      ${hiddenToken(token)}
      <label for="rutClient">RUT</label>
      <input id="rutClient" name="rut" autocomplete="off" required />
      <label for="passwordClient">Clave</label>
      <input id="passwordClient" name="password" type="password" autocomplete="off" required />
      <button class="main">Aceptar</button>
    </form>
    <p class="clock">De prueba: RUT ${bankUser.rut}, clave ${bankUser.password}.</p>
  </section>`;
  return page({ title: 'Banco: autenticación', house, body });
}

/** The bank asks whether they agree. */
export function bankDecision(token: string): StandInReply {
  const body = html`<section>
    <h1>Autorización</h1>
    <form method="post" action="/webpay/testcommercebank/authenticatorProcess.cgi">
      ${hiddenToken(token)}
      <label for="vci">¿Autoriza el pago?</label>
      <select id="vci" name="vci">
        <option value="TSY">Aceptar</option>
        <option value="TSN">Rechazar</option>
      </select>
      <button class="main">Continuar</button>
    </form>
  </section>`;
  return page({ title: 'Banco: autorización', house, body });
}

/** A wrong password ends here, as at the real test bank: no way on, no way back. */
export function bankError(): StandInReply {
  const body = html`<section>
    <h1>No fue posible autenticar</h1>
    <p class="error">El RUT o la clave no corresponden. El pago no se realizó.</p>
    <p>Vuelva a la tienda por su cuenta: esta página no lo lleva de regreso.</p>
  </section>`;
  return page({ title: 'Banco: error', house, body });
}

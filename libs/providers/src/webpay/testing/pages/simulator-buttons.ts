import type { Html } from '@puente/integrations/testing';
import { html } from '@puente/integrations/testing';

export function hiddenToken(token: string): Html {
  return html`<input type="hidden" name="token_ws" value="${token}" />`;
}

/** What happens to payers and cannot be done on purpose with the real pages. */
export function simulatorButtons(token: string): Html {
  return html`<section class="simulated">
    <h2>Solo en el simulador</h2>
    ${button(token, 'timeout', 'Dejar vencer')} ${button(token, 'recover', 'Volver al sitio tras recuperar la pestaña')}
    ${button(token, 'closed', 'Cerrar sin volver')}
  </section>`;
}

export function recoverButton(token: string): Html {
  return html`<section class="simulated">
    <h2>Solo en el simulador</h2>
    ${button(token, 'recover', 'Volver al sitio tras recuperar la pestaña')}
  </section>`;
}

function button(token: string, action: string, text: string): Html {
  return html`<form method="post" action="/webpay/webpayserver/${action}">
    ${hiddenToken(token)}<button class="quiet" id="sim-${action}">${text}</button>
  </form>`;
}

import { html } from '@puente/integrations/testing';
import { goTo, page } from './page';
import type { StandInReply } from '@puente/integrations/testing';
import type { PayerReturn } from '../payer-return';
import { recoverButton } from './simulator-buttons';

/** A token that was opened before, is over, or is nobody's. */
export function error21(token?: string): StandInReply {
  const body = html`<section>
      <h1>Error 21</h1>
      <p class="error" role="alert">La transacción no está disponible: ya fue utilizada, venció o no existe.</p>
      <p>Vuelva a la tienda y comience el pago de nuevo.</p>
    </section>
    ${token === undefined ? undefined : recoverButton(token)}`;
  return page({ title: 'Webpay: Error 21', house: 'Webpay', body });
}

/** The payer leaves, and nothing tells the shop. */
export function closedPage(): StandInReply {
  const body = html`<section>
    <h1>Pestaña cerrada</h1>
    <p>La tienda no sabrá que usted estuvo aquí. Puede cerrar esta pestaña.</p>
  </section>`;
  return page({ title: 'Webpay: cerrado', house: 'Webpay', body });
}

export function timedOutPage(): StandInReply {
  const body = html`<section>
    <h1>El tiempo se agotó</h1>
    <p class="error">El formulario venció y el pago no se realizó.</p>
  </section>`;
  return page({ title: 'Webpay: tiempo agotado', house: 'Webpay', body });
}

/** Sends the browser back to the shop as the flow has it: by redirect, by a form that sends itself, or twice. */
export function goBack(back: PayerReturn): StandInReply {
  if (back.method === 'POST') {
    const fields = Object.entries(back.params).map(
      ([name, value]) => html`<input type="hidden" name="${name}" value="${value}" />`,
    );
    const body = html`<section>
      <h1>Volviendo a la tienda</h1>
      <form method="post" action="${back.url}" data-sends-itself>${fields}<button class="main">Continuar</button></form>
    </section>`;
    return page({ title: 'Webpay: volviendo', house: 'Webpay', body });
  }
  if (!back.twice) return goTo(back.url, 302);
  const body = html`<section>
    <h1>Volviendo a la tienda</h1>
    <p><a href="${back.url}" data-twice>Continuar</a></p>
  </section>`;
  return page({ title: 'Webpay: volviendo', house: 'Webpay', body });
}

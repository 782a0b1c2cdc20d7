import { createHash } from 'node:crypto';
import type { PaymentState, ReturnedPayment } from '@puente/flows/payments';

const STYLE =
  'body{font:1.1rem/1.5 system-ui,sans-serif;max-width:32rem;margin:4rem auto;padding:0 1rem}dt{color:#555}dd{margin:0 0 .6rem}';

/** It runs nothing, loads nothing and may stand in no frame; its one style is known by its hash. */
export const RESULT_PAGE_POLICY = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

const TITLES: Readonly<Record<PaymentState, string>> = {
  created: 'Pago en curso',
  pending: 'Pago en curso',
  committing: 'Pago en verificación',
  unknown: 'Pago en verificación',
  paid: 'Pago aprobado',
  captured: 'Pago aprobado',
  rejected: 'Pago rechazado',
  cancelled: 'Pago anulado',
  expired: 'Pago vencido',
  needs_review: 'Pago en revisión',
  reversed: 'Pago devuelto',
  refunded: 'Pago devuelto',
  partially_refunded: 'Pago devuelto en parte',
};

const EXPLANATIONS: Partial<Record<PaymentState, string>> = {
  rejected:
    'Las causas pueden ser: un error en los datos de la tarjeta, falta de saldo o de cupo, o que la tarjeta aún no esté habilitada. No se hizo ningún cargo.',
  cancelled: 'No se hizo ningún cargo. Puede intentar de nuevo desde el comercio.',
  expired: 'El tiempo para pagar terminó. Puede intentar de nuevo desde el comercio.',
  committing: 'Aún no conocemos la respuesta de Webpay. No pague de nuevo: el comercio le confirmará el resultado.',
  unknown: 'Aún no conocemos la respuesta de Webpay. No pague de nuevo: el comercio le confirmará el resultado.',
  needs_review: 'El comercio revisará este pago. No pague de nuevo.',
};

/** For payments without a page of the shop's own: what Transbank asks a voucher to say. */
export function resultPage(payment: ReturnedPayment): string {
  const { state, amount, buyOrder, reference, authorizationCode, cardLast4, installments, committedAt } = payment;
  const isPaid = state === 'paid' || state === 'captured';
  const facts: [string, string | null][] = [
    ['Orden', reference],
    ['Orden de compra', buyOrder],
    ['Monto', `$${amount.toLocaleString('es-CL')} CLP`],
    ...(isPaid
      ? ([
          ['Código de autorización', authorizationCode],
          ['Fecha', committedAt?.toLocaleString('es-CL', { timeZone: 'America/Santiago' }) ?? null],
          ['Tarjeta', cardLast4 === null ? null : `**** ${cardLast4}`],
          ['Cuotas', String(installments ?? 0)],
        ] as [string, string | null][])
      : []),
  ];
  const list = facts.map(([name, value]) => `<dt>${name}</dt><dd>${escapeHtml(value ?? '—')}</dd>`).join('');
  return page(TITLES[state], `<p>${EXPLANATIONS[state] ?? ''}</p><dl>${list}</dl>`);
}

/** For what is no return of anybody. */
export function notAReturnPage(): string {
  return page(
    'Enlace no válido',
    '<p>Este enlace no corresponde a ningún pago. No se hizo ningún cargo por abrirlo.</p>',
  );
}

function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="es"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title><style>${STYLE}</style></head>
<body><main><h1>${title}</h1>${body}</main></body></html>
`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => `&#${String(sign.charCodeAt(0))};`);
}

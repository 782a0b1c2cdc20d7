import type { PurchaseRequest } from './request-rows';

export type Decision = 'paid' | 'rejected' | 'cancelled';

interface Mail {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

const WORDS: Readonly<Record<Decision, { readonly subject: string; readonly result: string; readonly next: string }>> =
  {
    paid: {
      subject: 'Tu compra fue aprobada',
      result: 'Tu compra fue aprobada.',
      next: 'Guarda este correo: es el comprobante de tu compra.',
    },
    rejected: {
      subject: 'Tu compra fue rechazada',
      result: 'Tu compra fue rechazada y no se te cobró.',
      next: 'Puede deberse a un error en los datos de la tarjeta, al cupo o saldo disponible, o a una tarjeta no habilitada para comprar por internet.',
    },
    cancelled: {
      subject: 'Tu compra fue anulada',
      result: 'Tu compra fue anulada y no se te cobró.',
      next: 'Puedes volver a intentarlo cuando quieras.',
    },
  };

const PESOS = new Intl.NumberFormat('es-CL', { style: 'currency', currency: 'CLP' });

/** What a user reads about the end of a request (S2.11): the same in text and in HTML. */
export function resultMail(request: PurchaseRequest, decision: Decision, name: string): Mail {
  const { subject, result, next } = WORDS[decision];
  const lines: readonly (readonly [string, string])[] = [
    ['Solicitud', request.requestId],
    ['Partido', [request.leagueName, request.round].filter((part) => part !== '').join(', ') || request.fixtureId],
    ['Bonos', String(request.quantity)],
    ['Monto', PESOS.format(request.amount)],
    ['Medio de pago', request.wallet ? 'Billetera' : 'Webpay'],
  ];
  return {
    subject,
    text: [`Hola, ${name}:`, '', result, '', ...lines.map(([label, value]) => `${label}: ${value}`), '', next, ''].join(
      '\n',
    ),
    html: htmlOf({ subject, greeting: `Hola, ${name}:`, result, next, lines }),
  };
}

function htmlOf(mail: {
  readonly subject: string;
  readonly greeting: string;
  readonly result: string;
  readonly next: string;
  readonly lines: readonly (readonly [string, string])[];
}): string {
  const rows = mail.lines
    .map(([label, value]) => `<tr><th align="left">${escaped(label)}</th><td>${escaped(value)}</td></tr>`)
    .join('');
  return (
    `<!doctype html><html lang="es"><head><meta charset="utf-8"><title>${escaped(mail.subject)}</title></head>` +
    `<body style="font-family:sans-serif;color:#222;max-width:36em;margin:1em auto">` +
    `<p>${escaped(mail.greeting)}</p><p><strong>${escaped(mail.result)}</strong></p>` +
    `<table cellpadding="4">${rows}</table><p>${escaped(mail.next)}</p></body></html>`
  );
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => ENTITIES[sign] ?? sign);
}

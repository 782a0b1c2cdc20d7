import type { StandInReply } from '@puente/integrations/testing';

/** Markup that is safe to put into a page as it is. */
export class Html {
  constructor(readonly text: string) {}
}

type Part = Html | string | number | undefined | readonly Html[];

/** A template of markup: everything put into it is escaped unless it is markup itself. */
export function html(pieces: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return new Html(pieces.map((piece, at) => piece + markup(parts[at])).join(''));
}

function markup(part: Part): string {
  if (part === undefined) return '';
  if (part instanceof Html) return part.text;
  if (typeof part === 'object') return part.map(({ text }) => text).join('');
  return escaped(String(part));
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

/**
 * Nothing from elsewhere, nothing inline. Forms may lead anywhere: browsers also apply `form-action` to where a form's
 * answer redirects, and that is the shop's address and whatever the shop sends the payer on to.
 */
const POLICY = [
  `default-src 'none'`,
  `style-src 'self'`,
  `script-src 'self'`,
  `connect-src http: https:`,
  `form-action 'self' http: https:`,
  `base-uri 'none'`,
  `frame-ancestors 'none'`,
].join('; ');

export const pageHeaders = {
  'content-security-policy': POLICY,
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
} as const;

export interface Page {
  readonly title: string;
  /** Name in the head of the page: who speaks. */
  readonly house: 'Webpay' | 'TEST COMMERCE BANK';
  readonly body: Html;
  readonly status?: number;
}

export function page({ title, house, body, status = 200 }: Page): StandInReply {
  const { text } = html`<!doctype html>
    <html lang="es">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title}</title>
        <link rel="stylesheet" href="/webpay/static/webpay.css" />
        <script src="/webpay/static/webpay.js" defer></script>
      </head>
      <body class="${house === 'Webpay' ? 'webpay' : 'bank'}">
        <header>
          <strong>${house}</strong>
          <span>Simulador: ningún pago es real</span>
        </header>
        <main>${body}</main>
      </body>
    </html>`;
  return { status, headers: { 'content-type': 'text/html; charset=utf-8', ...pageHeaders }, body: text };
}

/** After a form: see other, so that a reload does not send it again. */
export function goTo(location: string, status: 302 | 303 = 303): StandInReply {
  return { status, headers: { location, ...pageHeaders } };
}

import type { Html, StandInReply } from '@puente/integrations/testing';
import { html } from '@puente/integrations/testing';

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

/** A mail as the stand-in keeps it. */
export interface ReceivedMail {
  readonly at: string;
  readonly from: string;
  readonly to: string;
  readonly subject: string;
  readonly text?: string | undefined;
  readonly html?: string | undefined;
  readonly messageId: string;
}

const STYLE = `body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 56rem; padding: 0 1rem; color: #222 }
  table { border-collapse: collapse; width: 100% } th, td { text-align: left; padding: .4rem .6rem; border-bottom: 1px solid #ddd }
  a { color: #0b57d0 } iframe { width: 100%; height: 24rem; border: 1px solid #ccc; background: #fff } pre { white-space: pre-wrap; background: #f5f5f5; padding: 1rem }`;

/** All mails, the newest first. */
export function mailboxPage(mails: readonly ReceivedMail[]): string {
  const rows = [...mails]
    .reverse()
    .map(
      (mail) =>
        `<tr><td>${escaped(mail.at)}</td><td>${escaped(mail.to)}</td><td><a href="messages/${escaped(encodeURIComponent(mail.messageId))}">${escaped(mail.subject)}</a></td></tr>`,
    );
  const list =
    rows.length === 0
      ? '<p>Todavía no llega ningún correo.</p>'
      : `<table><thead><tr><th>Fecha</th><th>Para</th><th>Asunto</th></tr></thead><tbody>${rows.join('')}</tbody></table>`;
  return page('Correo recibido', `<h1>Correo recibido</h1>${list}`);
}

/** One mail. Its HTML is a stranger's: it is shown in a frame that may do nothing. */
export function mailPage(mail: ReceivedMail): string {
  const field = (name: string, value: string): string => `<tr><th>${name}</th><td>${escaped(value)}</td></tr>`;
  const fields = [
    field('De', mail.from),
    field('Para', mail.to),
    field('Fecha', mail.at),
    field('Message-ID', mail.messageId),
  ];
  const html =
    mail.html === undefined
      ? ''
      : `<h2>HTML</h2><iframe sandbox="" title="HTML del correo" srcdoc="${escaped(mail.html)}"></iframe>`;
  const text = mail.text === undefined ? '' : `<h2>Texto</h2><pre>${escaped(mail.text)}</pre>`;
  return page(
    mail.subject,
    `<p><a href="../received">← Correo recibido</a></p><h1>${escaped(mail.subject)}</h1><table>${fields.join('')}</table>${html}${text}`,
  );
}

function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="es"><head><meta charset="utf-8"><title>${escaped(title)}</title><style>${STYLE}</style></head><body>${body}</body></html>
`;
}

function escaped(text: string): string {
  const entities: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  };
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? '');
}

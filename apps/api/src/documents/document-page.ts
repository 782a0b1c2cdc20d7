import { createHash } from 'node:crypto';
import type { IntegrationDocument } from '@puente/integrations';
import MarkdownIt from 'markdown-it';

type Token = ReturnType<MarkdownIt['parse']>[number];

/** Headers of the page: it runs nothing, loads nothing and may stand in no frame; its one style is known by its hash. */
export function pagePolicy(): string {
  const style = createHash('sha256').update(STYLE).digest('base64');
  return `default-src 'none'; style-src 'sha256-${style}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;
}

/** An integration document as a page that needs nothing else. Its links to other documents lead to their pages. */
export function documentPage({ code, title, markdown: text }: IntegrationDocument): string {
  const tokens = markdown.parse(text, {});
  for (const token of tokens) rewriteLinks(token.children ?? []);
  const body = markdown.renderer.render(tokens, markdown.options, {});
  return `<!doctype html>
<html lang="es">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(`${code}: ${title}`)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
${body}</main>
</body>
</html>
`;
}

// HTML is parsed for one reason, to know the markers of generated blocks; none of it reaches the page.
const markdown = new MarkdownIt({ html: true });
const escape = (text: string): string => markdown.utils.escapeHtml(text);
const shown = (tokens: readonly Token[], at: number): string => {
  const html = tokens[at]?.content ?? '';
  return /^\s*<!--[^]*-->\s*$/.test(html) ? '' : escape(html);
};
markdown.renderer.rules.html_block = shown;
markdown.renderer.rules.html_inline = shown;

/** `INT-002-sns.md` → `sns.html` beside this page. A file of the repository is named and not linked: it is not served. */
function rewriteLinks(children: readonly Token[]): void {
  let isFile = false;
  for (const token of children) {
    if (token.type === 'link_close' && isFile) token.tag = 'span';
    if (token.type !== 'link_open') continue;
    const href = token.attrGet('href') ?? '';
    const id = /^INT-\d{3}-([a-z0-9-]+)[.]md$/.exec(href)?.[1];
    const isOutside = href.startsWith('https://');
    isFile = id === undefined && !isOutside;
    if (isFile) [token.tag, token.attrs] = ['span', [['class', 'file']]];
    else
      token.attrs = isOutside
        ? [
            ['href', href],
            ['rel', 'noreferrer'],
          ]
        : [['href', `${id ?? ''}.html`]];
  }
}

const STYLE = `
:root { color-scheme: light dark; }
body { margin: 0; font: 16px/1.55 system-ui, sans-serif; color: #1d2330; background: #fff; }
main { max-width: 62rem; margin: 0 auto; padding: 1.5rem 1.25rem 4rem; }
h1 { font-size: 1.8rem; } h2 { margin-top: 2.2rem; border-bottom: 1px solid #d8dde6; padding-bottom: .25rem; }
table { display: block; overflow-x: auto; border-collapse: collapse; }
th, td { border: 1px solid #d8dde6; padding: .4rem .65rem; text-align: left; vertical-align: top; }
th { background: #f2f4f8; }
code { font: .9em ui-monospace, monospace; overflow-wrap: anywhere; }
pre { overflow-x: auto; padding: .8rem 1rem; background: #f2f4f8; } pre code { overflow-wrap: normal; }
.file { font-style: italic; }
@media (prefers-color-scheme: dark) {
  body { color: #e3e7ef; background: #14171d; } a { color: #8ab4f8; }
  h2, th, td { border-color: #39404d; } th, pre { background: #1e232c; }
}
`;

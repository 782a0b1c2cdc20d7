import { createHash } from 'node:crypto';
import type { IntegrationDocument } from '@puente/integrations';
import { documentPage, pagePolicy } from './document-page';

const page = (markdown: string): string =>
  documentPage({ code: 'INT-900', title: 'A & B', markdown } as IntegrationDocument);

describe('documentPage', () => {
  it('shows headings, tables and code, and nothing of the markers of generated blocks', () => {
    const html = page(
      '## Metadata\n\n<!-- generado: metadata -->\n| Campo | Valor |\n| --- | --- |\n| a | `b` |\n<!-- /generado -->\n',
    );

    expect(html).toContain('<title>INT-900: A &amp; B</title>');
    expect(html).toContain('<h2>Metadata</h2>');
    expect(html).toContain('<td><code>b</code></td>');
    expect(html).not.toMatch(/generado/);
  });

  it('shows HTML of the source as text: none of it is the page’s', () => {
    const html = page(
      '<script>alert(1)</script>\n\nx <img src=x onerror=alert(1)> <!-- y --><b>z</b>\n\n<!-- a --><script>1</script>\n',
    );

    expect(html).not.toMatch(/<script|<img|<b>/);
    expect(html).toContain('&lt;script&gt;alert(1)');
    expect(html).toContain('&lt;img src=x onerror=alert(1)&gt;');
  });

  it('links to other documents by their pages, to the outside over https, and to nothing else', () => {
    const html = page(
      '[SNS](INT-002-sns.md) [AWS](https://aws.example/?a=1&b=2) [x](javascript:alert(1)) [`f`](../../libs/a.ts) [h](http://a.example/) [d](data:text/html,x) tail',
    );

    expect([...html.matchAll(/<a [^>]*>/g)].map(([tag]) => tag)).toEqual([
      '<a href="sns.html">',
      '<a href="https://aws.example/?a=1&amp;b=2" rel="noreferrer">',
    ]);
    expect(html).toContain('<span class="file"><code>f</code></span>');
    expect(html.match(/<span/g)?.length).toBe(html.match(/<\/span>/g)?.length);
  });

  it('has the one style that its policy allows', () => {
    const [, style = ''] = /<style>([^]*)<\/style>/.exec(page('x')) ?? [];

    expect(pagePolicy()).toContain(`style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`);
    expect(pagePolicy()).toMatch(/^default-src 'none';/);
  });
});

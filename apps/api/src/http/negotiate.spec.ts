import { negotiate } from './negotiate';

const OFFERED = ['text/markdown', 'text/html'] as const;

describe('negotiate', () => {
  it.each([
    [undefined, 'text/markdown'],
    ['', 'text/markdown'],
    ['*/*', 'text/markdown'],
    ['text/*', 'text/markdown'],
    ['text/html', 'text/html'],
    ['TEXT/HTML; charset=utf-8', 'text/html'],
    ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', 'text/html'],
    ['text/html;q=0.5, text/markdown;q=0.4', 'text/html'],
    ['text/markdown;q=0, */*', 'text/html'],
    ['application/json', undefined],
    ['text/html;q=0', undefined],
    ['text/html;q=nonsense', undefined],
  ])('%j takes %j', (accept, expected) => {
    expect(negotiate(accept, OFFERED)).toBe(expected);
  });
});

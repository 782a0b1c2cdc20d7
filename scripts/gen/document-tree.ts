import MarkdownIt from 'markdown-it';
import type { Heading } from './document-template';

export interface DocumentTable {
  readonly head: readonly string[];
  /** Cells as written, without the backticks around a whole cell. */
  readonly rows: readonly (readonly string[])[];
  /** Name of the generated block it is in; undefined: somebody wrote it. */
  readonly block: string | undefined;
}

/** What stands under a heading, up to the next one of whatever level. */
export interface DocumentSection extends Heading {
  readonly line: number;
  /** Everything people read there, tables and code included, comments left out. */
  readonly text: string;
  readonly tables: readonly DocumentTable[];
  /** Where its links and images lead. */
  readonly links: readonly string[];
  readonly code: readonly { readonly language: string; readonly text: string }[];
}

type Token = ReturnType<MarkdownIt['parse']>[number];
type Growing = {
  -readonly [Key in keyof DocumentSection]: DocumentSection[Key] extends readonly (infer Item)[]
    ? Item[]
    : DocumentSection[Key];
};

const markdown = new MarkdownIt({ html: true });

/** A document as its readers see it: a heading inside a code block is no heading, a link in a comment is no link. */
export function readDocument(text: string): DocumentSection[] {
  const sections: Growing[] = [];
  const tokens = markdown.parse(text, {});
  let block: string | undefined;
  tokens.forEach((token, at) => {
    if (token.type === 'heading_open') {
      const heading = tokens[at + 1]?.content ?? '';
      sections.push({ ...started(Number(token.tag.slice(1)), heading), line: (token.map?.[0] ?? 0) + 1 });
      return;
    }
    if (tokens[at - 1]?.type === 'heading_open') return;
    if (token.type === 'html_block') block = blockAfter(token.content, block);
    const section = sections.at(-1);
    if (section) grow(section, token, tokens.slice(at), block);
  });
  return sections;
}

function started(level: number, heading: string): Growing {
  return { level, heading, line: 0, text: '', tables: [], links: [], code: [] };
}

function grow(section: Growing, token: Token, rest: readonly Token[], block: string | undefined): void {
  if (token.type === 'table_open') section.tables.push(readTable(rest, block));
  if (token.type === 'fence') section.code.push({ language: token.info.trim(), text: token.content });
  if (token.type === 'inline') section.links.push(...(token.children ?? []).flatMap(targetOf));
  const isRead = token.type !== 'html_block' || !isComment(token.content);
  if (isRead && token.content !== '') section.text += `${token.content}\n`;
}

function readTable(tokens: readonly Token[], block: string | undefined): DocumentTable {
  const rows: string[][] = [];
  for (const token of tokens) {
    if (token.type === 'table_close') break;
    if (token.type === 'tr_open') rows.push([]);
    if (token.type === 'inline') rows.at(-1)?.push(token.content.replace(/^`([^`]*)`$/, '$1'));
  }
  const [head = [], ...others] = rows;
  return { head, rows: others, block };
}

function targetOf(token: Token): string[] {
  const target = token.attrGet('href') ?? token.attrGet('src');
  return target === null ? [] : [target];
}

function blockAfter(comment: string, current: string | undefined): string | undefined {
  if (comment.startsWith('<!-- /generado -->')) return undefined;
  return /^<!-- generado: ([a-z-]+) -->/.exec(comment)?.[1] ?? current;
}

function isComment(html: string): boolean {
  return /^\s*<!--[^]*-->\s*$/.test(html);
}

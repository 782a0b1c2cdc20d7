const START = (name: string): string => `<!-- generado: ${name} -->`;
const END = '<!-- /generado -->';

/**
 * Replaces what stands between the markers of each block and leaves the rest, which people write, as it is.
 *
 * @throws when a block has no markers, or when the text has a block nobody generates
 */
export function replaceBlocks(text: string, blocks: Readonly<Record<string, string>>, file: string): string {
  const unknown = [...text.matchAll(/<!-- generado: ([a-z-]+) -->/g)]
    .map(([, name]) => name ?? '')
    .filter((name) => !(name in blocks));
  if (unknown.length > 0) throw new Error(`${file}: no generator writes the block(s) ${unknown.join(', ')}`);
  return Object.entries(blocks).reduce((result, [name, content]) => replaceBlock(result, name, content, file), text);
}

/** A block as it stands in a new document. */
export function block(name: string, content: string): string {
  return `${START(name)}\n${content}\n${END}`;
}

function replaceBlock(text: string, name: string, content: string, file: string): string {
  const from = text.indexOf(START(name));
  const to = text.indexOf(END, from);
  if (from < 0 || to < 0)
    throw new Error(`${file}: the markers of block "${name}" are missing: ${START(name)} … ${END}`);
  return text.slice(0, from) + block(name, content) + text.slice(to + END.length);
}

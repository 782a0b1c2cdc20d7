const START = (name: string): string => `<!-- generado: ${name} -->`;
const END = '<!-- /generado -->';

/** Markers that are missing or torn, and blocks that nobody generates. */
export function blockProblems(text: string, blocks: Readonly<Record<string, string>>): string[] {
  const found = [...text.matchAll(/<!-- generado: ([a-z-]+) -->/g)].map(([, name = '']) => name);
  const torn = Object.keys(blocks).filter((name) => {
    const [from, to] = placeOf(text, name);
    return from < 0 || to < 0 || text.slice(from + 1, to).includes('<!-- generado: ');
  });
  return [
    ...found
      .filter((name, at) => !(name in blocks) || found.indexOf(name) !== at)
      .map((name) => `the block "${name}" is there twice, or nothing generates it`),
    ...torn.map((name) => `the markers of the block "${name}" are missing: ${START(name)} … ${END}`),
  ];
}

/**
 * Replaces what stands between the markers of each block and leaves the rest, which people write, as it is.
 *
 * @throws {TornBlocksError}
 */
export function replaceBlocks(text: string, blocks: Readonly<Record<string, string>>, file: string): string {
  const problems = blockProblems(text, blocks);
  if (problems.length > 0) throw new TornBlocksError(file, problems);
  return Object.entries(blocks).reduce((result, [name, content]) => {
    const [from, to] = placeOf(result, name);
    return result.slice(0, from) + block(name, content) + result.slice(to + END.length);
  }, text);
}

/** Nothing can be generated into a document whose markers somebody has broken. */
export class TornBlocksError extends Error {
  constructor(file: string, problems: readonly string[]) {
    super(problems.map((problem) => `${file}: ${problem}`).join('\n'));
  }
}

/** A block as it stands in a new document. */
export function block(name: string, content: string): string {
  return `${START(name)}\n${content}\n${END}`;
}

function placeOf(text: string, name: string): [from: number, to: number] {
  const from = text.indexOf(START(name));
  return [from, text.indexOf(END, from)];
}

import type { DocumentSection } from './document-tree';

/** A script under "Comandos de Test": what a person pastes into a shell in the root of the project. */
export interface TestCommands {
  /** `jest` needs nothing that runs; `sandbox` needs `npm start` in another terminal. */
  readonly kind: 'jest' | 'sandbox';
  readonly script: string;
}

const JEST = /^npx jest(?: [\w./-]+[.]spec[.]ts)+$/;
const FACT = /^[A-Z][A-Z_]*=\$\(node -p "require\('[.]\/[.]puente\/sandbox[.]json'\)(?:[.]\w+)+"\)$/;
const QUOTED = String.raw`(?:"(?:[^"\\$\x60]|\\.|\$(?=[A-Z_]))*"|'[^']*')`;
/** An address of the sandbox, from a variable; nothing but quoted arguments, so that the line does just this one thing. */
const CURL = new RegExp(
  String.raw`^curl -fsS(?: -[XHd] ${QUOTED}| -X [A-Z]+)* "\$[A-Z_]+/[^"$\\\x60]*"(?: -[XHd] ${QUOTED}| -X [A-Z]+)*$`,
);

/**
 * Each ```sh block, told apart by what it calls. These shapes only: test/e2e/documents.e2e-spec.ts runs what stands here,
 * and a document is no place for a script that does more than show the integration.
 *
 * @returns the scripts, and the lines that have none of the shapes
 */
export function testCommands(section: DocumentSection): { scripts: TestCommands[]; odd: string[] } {
  const scripts: TestCommands[] = [];
  const odd = section.code.flatMap(({ language }) => (language === 'sh' ? [] : [`a block of "${language}"`]));
  for (const { text: script } of section.code.filter(({ language }) => language === 'sh')) {
    const lines = statements(script);
    const isJest = lines.every((line) => JEST.test(line));
    if (!isJest) odd.push(...lines.filter((line) => !FACT.test(line) && !CURL.test(line)));
    scripts.push({ kind: isJest ? 'jest' : 'sandbox', script });
  }
  return { scripts, odd };
}

/** The spec files that the Jest commands name. */
export function specFiles(scripts: readonly TestCommands[]): string[] {
  return scripts
    .filter(({ kind }) => kind === 'jest')
    .flatMap(({ script }) => statements(script).flatMap((line) => line.split(' ').slice(2)));
}

/** Without comments and blank lines; a line that ends with a backslash goes on in the next. */
function statements(script: string): string[] {
  return script
    .replace(/\\\n\s*/g, '')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}

import { createInterface } from 'node:readline/promises';
import { parseArgs } from 'node:util';
import { CREDENTIAL_MODELS, PROVIDER_CATEGORIES } from '@puente/integrations';
import { InvalidOptionsError } from './options.errors';
import { namesOf, type ProviderNames } from './provider-names';

export interface NewProviderOptions extends ProviderNames {
  readonly title: string;
  readonly vendor: string;
  readonly category: (typeof PROVIDER_CATEGORIES)[number];
  readonly model: (typeof CREDENTIAL_MODELS)[number];
  readonly dryRun: boolean;
}

/** Answers a question, or undefined when there is nobody to ask. */
export type Ask = (question: string) => Promise<string | undefined>;

export const USAGE = `npm run new:provider -- <id> [options]

  <id>                 folder, column value and name in routes: lower-case words joined by -
  --title <text>       as people call it: "Amazon S3"
  --vendor <text>      whose it is: "Amazon Web Services"
  --category <name>    ${PROVIDER_CATEGORIES.join(', ')}
  --model <name>       whose credentials a call uses: ${CREDENTIAL_MODELS.join(', ')}
  --dry-run            says what would be written, and writes nothing

What is not given is asked for.`;

const FREE_TEXT = /^[^\p{Cc}\p{Zl}\p{Zp}|*\x60{}]{2,80}$/u;

/** @throws {InvalidOptionsError} something is missing or not possible */
export async function optionsFrom(args: readonly string[], ask: Ask): Promise<NewProviderOptions> {
  const { values, positionals } = parsed(args);
  const [id, ...others] = positionals;
  if (id === undefined || others.length > 0) throw new InvalidOptionsError(`Give one id.\n\n${USAGE}`);
  const names = namesOf(id);
  const title = text(await given('title', values.title, ask), '--title');
  return {
    ...names,
    title,
    vendor: text(await given('vendor', values.vendor, ask), '--vendor'),
    category: oneOf(
      PROVIDER_CATEGORIES,
      await given('category', values.category, ask, PROVIDER_CATEGORIES),
      '--category',
    ),
    model: oneOf(CREDENTIAL_MODELS, await given('model', values.model, ask, CREDENTIAL_MODELS), '--model'),
    dryRun: values['dry-run'],
  };
}

/** Asks at a terminal, and nobody where there is none. */
export const askAtTerminal: Ask = async (question) => {
  if (!process.stdin.isTTY) return undefined;
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return await terminal.question(`${question}: `);
  } finally {
    terminal.close();
  }
};

function parsed(args: readonly string[]) {
  const option = { type: 'string' } as const;
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        ...{ title: option, vendor: option, category: option, model: option },
        'dry-run': { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    throw new InvalidOptionsError(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
  }
}

async function given(
  name: string,
  value: string | undefined,
  ask: Ask,
  choices: readonly string[] = [],
): Promise<string> {
  const question = choices.length === 0 ? name : `${name} (${choices.join(', ')})`;
  const answer = value ?? (await ask(question));
  if (answer === undefined || answer.trim() === '') throw new InvalidOptionsError(`--${name} is missing.\n\n${USAGE}`);
  return answer.trim();
}

function text(value: string, option: string): string {
  if (FREE_TEXT.test(value)) return value;
  throw new InvalidOptionsError(`${option}: expected 2 to 80 characters on one line, without | * \` { }.`);
}

function oneOf<T extends string>(choices: readonly T[], value: string, option: string): T {
  const found = choices.find((choice) => choice.toLowerCase() === value.toLowerCase());
  if (found === undefined) throw new InvalidOptionsError(`${option}: expected one of ${choices.join(', ')}.`);
  return found;
}

import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { NormalizedProblem, Plugin } from '@redocly/openapi-core';
import { createConfig, lintFromString } from '@redocly/openapi-core';
import { access } from './openapi/access-rule';
import { examples } from './openapi/examples-rule';

/**
 * Lints the OpenAPI file: Redocly's recommended rules, those of its optional ones that help a reader, and two of our own.
 * Every problem counts, whatever Redocly's severity; what is right all the same stands below with its reason.
 */
const RULES = {
  'component-name-unique': 'error',
  'no-duplicated-tag-names': 'error',
  'operation-4xx-problem-details-rfc7807': 'error',
  'operation-description': 'error',
  'operation-singular-tag': 'error',
  'operation-tag-defined': 'error',
  'parameter-description': 'error',
  'path-http-verbs-order': 'error',
  'paths-kebab-case': 'off', // an operation of a provider is called as the provider calls it: sendMessage
  'puente/access': 'error',
  'puente/examples': 'error',
} as const;

interface Exception {
  readonly rule: string;
  readonly at: string;
  readonly why: string;
}

const EXCEPTIONS: readonly Exception[] = [
  { rule: 'no-empty-servers', at: '#/openapi', why: 'An installation has its own address; /docs-json names it.' },
  {
    rule: 'operation-4xx-response',
    at: '#/paths/~1health~1live/get/responses',
    why: 'It takes nothing and refuses nobody.',
  },
  {
    rule: 'operation-4xx-response',
    at: '#/paths/~1health~1ready/get/responses',
    why: 'It takes nothing; not ready is 503.',
  },
];

const plugin: Plugin = { id: 'puente', rules: { oas3: { access, examples } } };

async function main([file = path.resolve(__dirname, '../docs/openapi.yaml')]: readonly string[]): Promise<void> {
  const config = await createConfig({ extends: ['recommended'], plugins: [plugin], rules: RULES });
  const problems = await lintFromString({ source: readFileSync(file, 'utf8'), absoluteRef: file, config });
  const told = [
    ...problems.filter((problem) => !EXCEPTIONS.some((exception) => covers(exception, problem))).map(sentence),
    ...EXCEPTIONS.filter((exception) => !problems.some((problem) => covers(exception, problem))).map(
      ({ rule, at }) =>
        `${at}: nothing breaks ${rule} here any more: remove the exception from scripts/lint-openapi.ts.`,
    ),
  ];
  for (const line of told) console.log(`docs/openapi.yaml ${line}`);
  if (told.length > 0) process.exitCode = 1;
}

function covers({ rule, at }: Exception, problem: NormalizedProblem): boolean {
  return problem.ruleId === rule && problem.location[0]?.pointer === at;
}

function sentence({ location, message, ruleId }: NormalizedProblem): string {
  return `${location[0]?.pointer ?? '#/'}: ${message} (${ruleId})`;
}

void main(process.argv.slice(2));

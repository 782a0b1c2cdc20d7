import assert from 'node:assert/strict';
import { z } from 'zod';
import { ProviderCatalogue } from '../../provider-catalogue';
import type { AnyProvider, OperationSpec, ProviderDefinition } from '../../provider';
import type { ContractCase, ContractSubject } from './contract-subject';

/** What can be told from the definition alone. */
export function definitionCases(subject: ContractSubject): ContractCase[] {
  const definition = catalogued(subject.definition);
  const operations = Object.entries(definition.operations);
  return [
    sync('the definition does not contradict itself', () => catalogued(subject.definition)),
    sync('what the documents need is there', () => {
      complete(definition);
    }),
    sync('environment variables are named {PROVIDER}_{TIPO} and cover every credential', () => {
      variables(definition);
    }),
    sync('secrets and config are strict, and good credentials fit them', () => {
      credentials(definition, subject);
    }),
    sync('every operation has a sample', () => {
      const sampled = new Set(subject.samples.map(({ operation }) => operation));
      assert.deepEqual(
        operations.map(([name]) => name).filter((name) => !sampled.has(name)),
        [],
      );
    }),
    ...operations.map(([name, spec]) =>
      sync(`${name}: its example is what it says, and its input takes nothing else`, () => {
        example(spec);
      }),
    ),
  ];
}

function sync(name: string, check: () => unknown): ContractCase {
  return { name, run: async () => void check() };
}

function catalogued(definition: AnyProvider): ProviderDefinition {
  const [known] = new ProviderCatalogue([definition]).providers;
  assert.ok(known);
  return known;
}

const text = z
  .string()
  .min(3)
  .regex(/^\S.*\S$/s);
const https = z.url({ protocol: /^https$/ });
const date = z.iso.date();

/** Spanish texts, addresses and dates out of which the integration document is written. */
const Documented = z.object({
  meta: z.object({
    id: z.string().regex(/^[a-z][a-z0-9-]*$/),
    code: z.string().regex(/^INT-\d{3}$/),
    title: text,
    vendor: text,
    inventoryType: text,
    integratedOn: date,
    reviewedOn: date,
    references: z.array(z.object({ title: text, url: https })).min(1),
  }),
  operations: z.record(
    z.string().regex(/^[a-z][A-Za-z0-9]*$/),
    z.object({ summary: text, descripcion: text, endpoint: text, documentation: https }),
  ),
  limits: z
    .array(z.object({ limite: text, quota: z.number().positive(), windowMs: z.number().nonnegative(), accion: text }))
    .min(1),
  errors: z.array(z.object({ code: z.string().min(1), descripcion: text, accion: text })).min(3),
  fallbacks: z.array(text).min(1),
});

function complete(definition: ProviderDefinition): void {
  const { success, error } = Documented.safeParse(definition);
  assert.ok(success, error && z.prettifyError(error));
  const codes = definition.errors.map(({ code }) => code);
  assert.deepEqual(codes, [...new Set(codes)], 'each error is documented once');
  assert.ok(definition.credentials.rotateEveryDays <= 90, 'credentials rotate every quarter');
}

function variables({ credentials: { env, secrets, config } }: ProviderDefinition): void {
  const fields: Readonly<Record<string, z.ZodType>> = {
    ...(secrets.shape as Readonly<Record<string, z.ZodType>>),
    ...(config.shape as Readonly<Record<string, z.ZodType>>),
  };
  assert.deepEqual(Object.keys(env).sort(), Object.keys(fields).sort(), 'one variable per field');
  for (const [field, { variable, descripcion, required }] of Object.entries(env)) {
    assert.match(variable, /^[A-Z][A-Z0-9]*(_[A-Z0-9]+)+$/);
    assert.ok(text.safeParse(descripcion).success, `${variable} has no description`);
    assert.ok(!required || !fields[field]?.safeParse(undefined).success, `${variable} is not required by its schema`);
  }
}

function credentials({ credentials: spec }: ProviderDefinition, { secrets, config }: ContractSubject): void {
  const good = config('http://127.0.0.1:4566');
  assert.ok(spec.secrets.safeParse(secrets).success && spec.config.safeParse(good).success, 'good credentials');
  assert.ok(!spec.secrets.safeParse({ ...secrets, puenteUnknown: 'x' }).success, 'secrets are not strict');
  assert.ok(!spec.config.safeParse({ ...good, puenteUnknown: 'x' }).success, 'config is not strict');
  for (const field of spec.rebindOn) assert.ok(field in spec.config.shape, `rebindOn: there is no field ${field}`);
}

function example(spec: OperationSpec<unknown>): void {
  const input: unknown = spec.input.parse(spec.example.input);
  spec.output.parse(spec.example.output);
  const strict = spec.input.safeParse({ ...(spec.example.input as object), puenteUnknown: 'x' });
  assert.ok(!strict.success, 'the input takes fields it does not know');
  const effect: unknown = typeof spec.effect === 'function' ? spec.effect(input) : spec.effect;
  assert.ok(['read', 'idempotent', 'reconcilable', 'once'].includes(String(effect)), `no effect: ${String(effect)}`);
}

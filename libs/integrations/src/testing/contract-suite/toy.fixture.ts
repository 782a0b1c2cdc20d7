import type { Failure, Reconciliation } from '@puente/kernel';
import { z } from 'zod';
import { defineProvider } from '../../provider';
import type { OperationCall } from '../../provider';
import type { ContractSample, ContractSubject, ContractWorld } from './contract-subject';
import { classifyToy, ToyClient, type ToyRequest } from './toy-client.fixture';
import { TOY_KEY } from './toy-service.fixture';

/** What a careless author might do. Each is one small change of the good provider. */
export interface Carelessness {
  readonly send?: (client: ToyClient, request: ToyRequest, call: OperationCall) => Promise<unknown>;
  readonly classify?: (error: unknown) => Failure;
  readonly probe?: (client: ToyClient, call: OperationCall) => Promise<unknown>;
  readonly reconcile?: () => Promise<Reconciliation>;
  readonly loose?: boolean;
  readonly letterEffect?: 'once' | 'idempotent';
  readonly endless?: boolean;
  readonly blind?: boolean;
}

const text = {
  summary: 'Does it.',
  descripcion: 'Lo hace',
  endpoint: 'POST /',
  documentation: 'https://toy.example/docs',
};

/** A provider that keeps the contract, or, with some carelessness, does not. */
export function toyProvider(careless: Carelessness = {}) {
  const send = careless.send ?? ((client, request, call) => client.send(request, call));
  const Input =
    careless.loose === true ? z.object({ reference: z.string() }) : z.strictObject({ reference: z.string() });
  const Receipt = z.object({ id: z.string() });
  const Name = z.object({ name: z.string() });
  const example = { input: { reference: 'r' }, output: { id: 'id-r' } };
  const post = (path: string, reference: string, key?: string): ToyRequest => ({
    method: 'POST',
    path,
    body: { reference },
    ...(key === undefined ? {} : { key }),
  });
  return defineProvider({
    meta: {
      id: 'toy',
      code: 'INT-999',
      title: 'Juguete',
      vendor: 'Nadie',
      category: 'Mensajeria',
      inventoryType: 'mensajeria',
      integratedOn: '2026-01-01',
      reviewedOn: '2026-01-01',
      references: [{ title: 'Nada', url: 'https://toy.example' }],
    },
    credentials: {
      model: 'tenant',
      secrets: z.strictObject({ apiKey: z.string() }),
      config: z.strictObject({ url: z.url() }),
      env: {
        apiKey: { variable: 'TOY_API_KEY', descripcion: 'Clave', required: true },
        url: { variable: 'TOY_URL', descripcion: 'Dirección', required: true },
      },
      rotateEveryDays: 90,
      rebindOn: ['url'],
    },
    connect: (secrets, { url }) => new ToyClient(secrets, url, careless),
    disconnect: (client: ToyClient) => {
      client.close();
    },
    operations: (operation) => ({
      letter: operation({
        ...text,
        effect: careless.letterEffect ?? 'once',
        policy: 'messaging',
        input: Input,
        output: Receipt,
        example,
        run: (client: ToyClient, { reference }, call) => send(client, post('/letters', reference), call),
      }),
      keyed: operation({
        ...text,
        effect: 'idempotent',
        policy: 'messaging',
        input: Input,
        output: Receipt,
        example,
        run: (client, { reference }, call) => send(client, post('/letters', reference, call.dedupeKey), call),
      }),
      parcel: operation({
        ...text,
        effect: 'reconcilable',
        settleMs: 1_000,
        policy: 'messaging',
        input: Input,
        output: Receipt,
        example,
        run: (client, { reference }, call) => send(client, post('/parcels', reference), call),
        reconcile: async (client, { reference }, call) => {
          if (careless.reconcile) return careless.reconcile();
          const path = `/parcels?reference=${encodeURIComponent(reference)}`;
          const { found } = (await client.send({ method: 'GET', path }, call)) as { found: boolean };
          return found ? { kind: 'applied', output: { id: `id-${reference}` } } : { kind: 'absent' };
        },
      }),
      me: operation({
        ...text,
        effect: 'read',
        policy: 'interactive',
        input: z.strictObject({}),
        output: Name,
        example: { input: {}, output: { name: 'toy' } },
        run: (client, _input, call) =>
          careless.probe ? careless.probe(client, call) : send(client, { method: 'GET', path: '/me' }, call),
      }),
    }),
    probe: { operation: 'me', input: () => ({}) },
    classify: careless.classify ?? classifyToy,
    limits: [{ limite: 'Por segundo', quota: 10, windowMs: 1_000, per: 'credential', accion: 'Esperar' }],
    errors: [
      { code: 'BAD_KEY', failure: 'unauthorized', descripcion: 'Clave', accion: 'Rotar' },
      { code: 'BAD_REFERENCE', failure: 'rejected', descripcion: 'Referencia', accion: 'Log + retry NO' },
      { code: '500', failure: 'unknown', descripcion: 'Error', accion: 'Revisión' },
    ],
    fallbacks: ['Ninguna otra vía.'],
  });
}

/** @param operations those that are tried; all when absent */
export function toySubject(
  world: () => ContractWorld,
  careless: Carelessness = {},
  operations?: readonly string[],
): ContractSubject {
  const input = (reference: string): object => ({ reference });
  const samples: ContractSample[] = [
    { operation: 'letter', effect: careless.letterEffect ?? 'once', input },
    { operation: 'keyed', effect: 'idempotent', input },
    { operation: 'parcel', effect: 'reconcilable', input },
    { operation: 'me', effect: 'read', input: () => ({}) },
  ];
  return {
    definition: toyProvider(careless),
    world,
    secrets: { apiKey: TOY_KEY },
    config: (url) => ({ url }),
    samples: samples.filter(({ operation }) => operations?.includes(operation) ?? true),
    rejection: { status: 422, code: 'BAD_REFERENCE' },
    errorStatus: { BAD_REFERENCE: 422 },
  };
}

import { defineProvider } from '@puente/integrations';
import { unknown } from '@puente/kernel';
import { type Policy, type PolicyName, policies } from '@puente/resilience';
import { ZodError } from 'zod';
import { classifyHttpError } from '../../../libs/integrations/src/http';
import { FaultClient } from './fault.client';
import { FaultConfig, FaultSecrets, Receipt, Work } from './fault.schemas';

/** Ceiling of one try in a fault run. The stand-in acts up to {@link LATEST_MS} after it and no later. */
export const TIMEOUT_MS = 1_000;
/** How long after we gave up an effect may still come. */
export const LATEST_MS = 700;
/** Longer than the above, with room for a busy machine: the bound on which `reconcile` stands. */
export const SETTLE_MS = 2_500;
/** Waits of the fault run's own kind of traffic: life's, so much shorter that a run of a minute sees the end of them. */
export const WAITS_MS = [200, 400, 800, 800, 1_000, 1_000, 1_500, 1_500, 2_000, 2_000, 3_000, 3_000] as const;

/** Tells the product's table of policies about a kind of traffic that only fault runs have. */
export function addFaultPolicy(): void {
  const faults: Policy = {
    ...policies.messaging,
    timeoutMs: TIMEOUT_MS,
    backoff: { baseMs: 100, capMs: 1_000 },
    schedule: WAITS_MS,
  };
  Object.assign(policies, { faults });
}

const common = {
  summary: 'Does a piece of work.',
  descripcion: 'Hace un trabajo.',
  documentation: 'https://example.org/fault',
  policy: 'faults' as PolicyName,
  input: Work,
  output: Receipt,
  example: { input: { ref: 'r-1' }, output: { receipt: '1', ref: 'r-1' } },
} as const;

/** One operation of each effect, at a stand-in that keeps its own account of what it did. */
export const fault = defineProvider({
  meta: {
    ...{ id: 'fault', code: 'INT-999', title: 'Fault', vendor: 'Puente', category: 'Computo' },
    ...{ inventoryType: 'computo', integratedOn: '2026-01-01', reviewedOn: '2026-01-01', references: [] },
  },
  credentials: {
    ...{ model: 'tenant', secrets: FaultSecrets, config: FaultConfig, rotateEveryDays: 90, rebindOn: ['url'] },
    env: { token: { variable: 'FAULT_TOKEN', descripcion: 'Clave', required: true } },
  },
  connect: (secrets, config, { egress }) => new FaultClient(secrets, config, egress),
  disconnect: (client) => client.close(),
  operations: (operation) => ({
    look: operation({
      ...common,
      endpoint: 'GET /look',
      effect: 'read',
      run: (client, _work, call) => client.look(call),
    }),
    /** The stand-in deduplicates by our key, for ever. */
    put: operation({
      ...common,
      endpoint: 'POST /put',
      effect: 'idempotent',
      run: (client, work, call) => client.act('put', work, call),
    }),
    /** Every request is an effect of its own, but the stand-in can be asked. */
    pay: operation({
      ...common,
      ...{ endpoint: 'POST /pay', effect: 'reconcilable', settleMs: SETTLE_MS },
      run: (client, work, call) => client.act('pay', work, call),
      reconcile: (client, work, call) => client.ask(work, call),
    }),
    /** Every request is an effect of its own, and nobody can be asked. */
    send: operation({
      ...common,
      endpoint: 'POST /send',
      effect: 'once',
      run: (client, work, call) => client.act('send', work, call),
    }),
  }),
  lane: (_operation, input, integration) => `${integration}/${(input as Work).bucket}`,
  probe: { operation: 'look', input: () => ({ ref: 'probe' }) },
  limits: [],
  errors: [],
  fallbacks: [],
  classify: (error) =>
    error instanceof ZodError ? unknown('bad_body') : classifyHttpError(error, { unavailable: 'refused' }),
});

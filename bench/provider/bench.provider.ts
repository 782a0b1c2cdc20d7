import {
  classifyHttpError,
  defineProvider,
  HttpConnection,
  type OperationCall,
  type OperationSpec,
} from '@puente/integrations';
import type { EgressGuard } from '@puente/egress';
import type { Reconciliation, Secret } from '@puente/kernel';
import { z } from 'zod';

const BenchSecrets = z.strictObject({ apiKey: z.string().min(8) });
const BenchConfig = z.strictObject({ endpoint: z.url({ protocol: /^https?$/ }) });

/** About 300 bytes as JSON, the size with which the limits of the field were measured. */
const Message = z.strictObject({ to: z.string().min(1).max(100), text: z.string().min(1).max(2_000) });
const Receipt = z.object({ id: z.string().min(1) });

class BenchClient {
  private readonly http: HttpConnection;

  constructor(
    private readonly secrets: Secret<z.output<typeof BenchSecrets>>,
    endpoint: string,
    egress: EgressGuard,
  ) {
    this.http = new HttpConnection(endpoint, () => ({}), { egress });
  }

  account(signal: AbortSignal): Promise<unknown> {
    return this.http.json({ method: 'GET', path: '/account', headers: this.headers(), signal });
  }

  send(json: z.output<typeof Message>, { dedupeKey, cancel }: OperationCall): Promise<unknown> {
    const headers = { ...this.headers(), 'idempotency-key': dedupeKey };
    return this.http.json({ method: 'POST', path: '/messages', headers, json, signal: cancel });
  }

  close(): void {
    this.http.close();
  }

  private headers(): { readonly authorization: string } {
    return { authorization: `Bearer ${this.secrets.reveal().apiKey}` };
  }
}

/** One HTTP POST, in each of the three ways in which providers let us repeat it. */
const common = {
  summary: 'Sends a message.',
  descripcion: 'Envia un mensaje',
  endpoint: 'POST /messages',
  documentation: 'https://bench.example/messages',
  policy: 'messaging',
  input: Message,
  output: Receipt,
  example: { input: { to: 'a', text: 'b' }, output: { id: 'c' } },
  run: (client: BenchClient, input: z.output<typeof Message>, call: OperationCall) => client.send(input, call),
} as const satisfies Partial<OperationSpec<BenchClient, typeof Message, typeof Receipt>>;

/** Exists only in the benchmark's copy of the product, added as any provider is: a folder and a line of the catalogue. */
export const bench = defineProvider({
  meta: {
    id: 'bench',
    code: 'INT-999',
    title: 'Bench',
    vendor: 'Puente',
    category: 'Mensajeria',
    inventoryType: 'mensajeria',
    integratedOn: '2026-01-01',
    reviewedOn: '2026-01-01',
    references: [],
  },
  credentials: {
    model: 'tenant',
    secrets: BenchSecrets,
    config: BenchConfig,
    env: {
      apiKey: { variable: 'BENCH_API_KEY', descripcion: 'Clave', required: true },
      endpoint: { variable: 'BENCH_ENDPOINT', descripcion: 'Direccion', required: true },
    },
    rotateEveryDays: 90,
    rebindOn: ['endpoint'],
  },
  connect: (secrets, { endpoint }, context) => new BenchClient(secrets, endpoint, context.egress),
  disconnect: (client: BenchClient) => client.close(),
  operations: (operation) => ({
    account: operation({
      ...common,
      endpoint: 'GET /account',
      effect: 'read',
      input: z.strictObject({}),
      output: z.object({ name: z.string() }),
      example: { input: {}, output: { name: 'bench' } },
      run: (client: BenchClient, _input, call) => client.account(call.signal),
    }),
    send: operation({ ...common, effect: 'idempotent' }),
    // Without the provider: what is left is the ledger's own work.
    nothing: operation({ ...common, effect: 'idempotent', run: () => Promise.resolve({ id: 'nothing' }) }),
    publish: operation({ ...common, effect: 'once' }),
    pay: operation({
      ...common,
      effect: 'reconcilable',
      settleMs: 1_000,
      reconcile: (): Promise<Reconciliation> => Promise.resolve({ kind: 'absent' }),
    }),
  }),
  probe: { operation: 'account', input: () => ({}) },
  limits: [],
  errors: [],
  fallbacks: [],
  classify: (error) => classifyHttpError(error),
});

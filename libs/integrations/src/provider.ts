import type { EgressGuard } from '@puente/egress';
import type { CancelSignal, Effect, Failure, OnUnknown, ProviderCall, Reconciliation, Secret } from '@puente/kernel';
import type { HeadOfLine } from '@puente/ledger';
import type { LimitFields, PolicyName } from '@puente/resilience';
import type { z } from 'zod';

/** Column Tipo of the integration documents (SYSTEMS S4.1). */
export const PROVIDER_CATEGORIES = [
  ...(['Pagos', 'Auth', 'Notificaciones', 'Storage', 'Analytics'] as const),
  ...(['Mensajeria', 'Contabilidad', 'Computo'] as const),
] as const;
export type ProviderCategory = (typeof PROVIDER_CATEGORIES)[number];

export interface ProviderMeta {
  /** Folder, document, inventory row and column value alike: `sqs`. */
  readonly id: string;
  readonly code: `INT-${string}`;
  readonly title: string;
  readonly vendor: string;
  readonly category: ProviderCategory;
  /** `tipo` of the inventory: "pagos", "mensajeria" … */
  readonly inventoryType: string;
  /** ISO dates. */
  readonly integratedOn: string;
  readonly reviewedOn: string;
  readonly references: readonly { readonly title: string; readonly url: string }[];
}

/**
 * Whose credentials a call uses (SYSTEMS S4.7). `global`: ours. `tenant`: the tenant's, and never ours instead.
 * `hybrid`: ours, overridden field by field; only the fields named in `globalFields` may come from us.
 */
export const CREDENTIAL_MODELS = ['tenant', 'global', 'hybrid'] as const;
export type CredentialModel = (typeof CREDENTIAL_MODELS)[number];

/** Two schemas on purpose: what is in `secrets` is encrypted and never read back; `config` is shown. All strict objects. */
export interface CredentialSpec<S extends z.ZodObject, C extends z.ZodObject> {
  readonly model: CredentialModel;
  readonly secrets: S;
  readonly config: C;
  /** Hybrid only: fields of `secrets` or `config` that may be the platform's own. */
  readonly globalFields?: readonly string[];
  /** Field → environment variable (S4.2), for documents, `.env.example` and `puente integrations import`. */
  readonly env: Readonly<
    Record<string, { readonly variable: string; readonly descripcion: string; readonly required: boolean }>
  >;
  readonly rotateEveryDays: number;
  /** Config field with the day on which the provider ends the secrets (YYYY-MM-DD): they are due no later than that. */
  readonly expiresOn?: keyof z.output<C> & string;
  /** Config fields whose change demands the secrets again: else a stored key could be sent to another host. */
  readonly rebindOn: readonly (keyof z.output<C> & string)[];
  /** The secrets that `rebindOn` is about: those that travel. Left out: all. A key that only signs never leaves us. */
  readonly boundSecrets?: readonly (keyof z.output<S> & string)[];
}

/** What `connect` may know beyond the credentials. */
export interface ConnectContext {
  readonly tenantId: string;
  /** Made by us per tenant, demanded by the tenant's role (confused deputy). */
  readonly externalId: string;
  /** Name of this installation (`ENV`): what tells the names of one environment from those of another. */
  readonly installation: string;
  /** Where an address that the tenant gave may lead. Whatever connects to one connects through it. */
  readonly egress: EgressGuard;
  /** The platform's own AWS identity, by which a tenant's role is assumed when the tenant gave us a role and no key. */
  readonly platformAws?:
    | (() => Promise<{
        readonly accessKeyId: string;
        readonly secretAccessKey: string;
        readonly sessionToken?: string;
      }>)
    | undefined;
}

/** What the shared chain hands to an operation: stable dedupe key, which repeat this is, and the abort signal. */
export interface OperationCall extends Pick<
  ProviderCall,
  'operationId' | 'dedupeKey' | 'repeat' | 'attempt' | 'tenantId' | 'traceId'
> {
  /** For an SDK. Made when it is first asked for: an `AbortSignal` costs as much as a small request. */
  readonly signal: AbortSignal;
  /** The same for a `HttpConnection`, at no cost. */
  readonly cancel: CancelSignal;
}

/** A function type that, like a method, accepts a narrower input than its list type says. */
type EffectOf<Input> = { of(input: Input): Effect }['of'];

export interface OperationSpec<Client, I extends z.ZodType = z.ZodType, O extends z.ZodType = z.ZodType> {
  /** One English sentence for OpenAPI, one Spanish for the document. */
  readonly summary: string;
  readonly descripcion: string;
  /** Column Endpoint/Metodo of the document: `POST / (Action=Publish)`. */
  readonly endpoint: string;
  /** The provider's own page about it. */
  readonly documentation: string;
  /**
   * Only flows call it: the generic route and its OpenAPI document do not know it. For what is an administrator's work,
   * while the generic route is open to every client key.
   */
  readonly internal?: boolean;
  /** Declared, or computed from the parsed input once, at accept. */
  readonly effect: Effect | EffectOf<z.output<I>>;
  readonly policy: PolicyName;
  /** `idempotent` only: how long the provider remembers our key. Left out: for ever. */
  readonly idempotentForMs?: number;
  /** `reconcilable` only: the longest time the provider may still act after we gave up. */
  readonly settleMs?: number;
  readonly onUnknown?: OnUnknown;
  /** What later operations of the same order key do when this one ends badly. Default: they go on. */
  readonly headOfLine?: HeadOfLine;
  readonly input: I;
  readonly output: O;
  readonly example: { readonly input: z.input<I>; readonly output: z.input<O> };
  /** One try. Answers with the provider's output or throws what the SDK throws; `classify` turns that into an outcome. */
  run(client: Client, input: z.output<I>, call: OperationCall): Promise<unknown>;
  /** `reconcilable` only: did it happen? */
  reconcile?(client: Client, input: z.output<I>, call: OperationCall): Promise<Reconciliation>;
}

/** A quota that the provider publishes. Those with a window are counted, over all processes (DESIGN §4, rate limit). */
export interface RateLimitSpec<Config = never> {
  /** Spanish, column Limite: "Solicitudes por segundo (Publish)". */
  readonly limite: string;
  readonly quota: number;
  /**
   * Where each integration says for itself how much it is, from its configuration: then `quota` is only the most that it
   * can say. undefined: this one has no limit. Needs `per: 'credential'`.
   */
  quotaOf?(config: Config): number | undefined;
  /** Whole seconds. 0: so many at once, whatever the time; that is the bulkhead's and not counted here. */
  readonly windowMs: number;
  readonly per: 'credential' | 'global';
  /** Spanish, column "Accion si excede". */
  readonly accion: string;
  /** Operations it counts; an empty list: none, it is only documented. Left out: all, and the questions about their calls too. */
  readonly operations?: readonly string[];
  /** Points that a call uses, by its parsed input: of a batch, its entries; 0: it does not count. Left out: 1. */
  cost?(input: unknown, operation: string): number;
  /** What the provider counts apart, by the parsed input: a topic, a queue. Left out: all of a credential together. */
  of?(input: unknown, operation: string): string;
  /**
   * false: counted, warned about and shown, but never a reason for us not to call. For what accounts may have more of
   * than is published, where the provider's own refusal is the truth. Left out: calls beyond it wait.
   */
  readonly enforced?: boolean;
  /** The provider's own names of the header fields that speak of it; false: none do. Left out: the customary ones. */
  readonly headers?: LimitFields | false;
}

export interface ErrorSpec {
  /** HTTP status or the provider's code, as the provider writes it. */
  readonly code: string;
  readonly failure: Failure['kind'];
  /** Spanish, for the document. */
  readonly descripcion: string;
  readonly accion: string;
}

export interface ProviderDefinition<
  S extends z.ZodObject = z.ZodObject,
  C extends z.ZodObject = z.ZodObject,
  Client = unknown,
  Ops extends Record<string, OperationSpec<Client>> = Record<string, OperationSpec<Client>>,
> {
  readonly meta: ProviderMeta;
  readonly credentials: CredentialSpec<S, C>;
  /** Builds a client; cached per credential version. SDK retries are off. */
  connect(secrets: Secret<z.output<S>>, config: z.output<C>, context: ConnectContext): Client;
  /** Frees what `connect` opened, when the credential version leaves the cache. */
  disconnect?(client: Client): void;
  readonly operations: Ops;
  /** Which calls share breaker, cap and pause. Default: one lane per tenant, provider and integration. */
  lane?(operation: keyof Ops & string, input: unknown, integration: string): string;
  /** "Test connection": a read that fails on wrong credentials. `unauthorized` and `rejected` both mean: not usable. */
  readonly probe: {
    readonly operation: keyof Ops & string;
    readonly input: (config: z.output<C>) => unknown;
    /**
     * false: credentials are used as soon as they are saved, and probed only when somebody asks. For what is sent to
     * servers of strangers, which may not even be built yet. Left out: they are used once the probe has passed.
     */
    readonly beforeUse?: false;
  };
  /**
   * Its integrations are made and changed by a flow, with things of the flow's own: the route of those things. The routes
   * for integrations leave them out of lists and change none, or the two would differ. Left out: administrators' own.
   */
  readonly managed?: { readonly by: string };
  readonly limits: readonly RateLimitSpec<z.output<C>>[];
  readonly errors: readonly ErrorSpec[];
  /** Spanish sentences for the document: what happens instead when the provider is not available. */
  readonly fallbacks: readonly string[];
  readonly monitoring?: {
    readonly latencyMs?: number;
    readonly errorPercent?: number;
    readonly limitUsedPercent?: number;
    /**
     * Its other side is not one provider but servers that our tenants chose. How those fail is a warning in the log and
     * held against their lane; it is no failure of a provider, and raises no alert of ours.
     */
    readonly receivers?: true;
  };
  /** Turns what the SDK threw into a failure. Total: what it does not know is `unknown`, never "failed". */
  classify(error: unknown): Failure;
}

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- a heterogeneous list of definitions; each was checked when it was defined
export type AnyProvider = ProviderDefinition<any, any, any, any>;

/**
 * Declares a provider (DESIGN §3). `operations` is a callback so that every `run` knows the client's type; `connect`
 * comes before it in the literal, because the type is inferred from there.
 */
export function defineProvider<
  S extends z.ZodObject,
  C extends z.ZodObject,
  Client,
  Ops extends Record<string, OperationSpec<Client>>,
>(
  definition: Omit<ProviderDefinition<S, C, Client, Ops>, 'operations'> & {
    readonly operations: (
      operation: <I extends z.ZodType, O extends z.ZodType>(
        spec: OperationSpec<Client, I, O>,
      ) => OperationSpec<Client, I, O>,
    ) => Ops;
  },
): ProviderDefinition<S, C, Client, Ops> {
  return Object.freeze({ ...definition, operations: definition.operations((spec) => spec) });
}

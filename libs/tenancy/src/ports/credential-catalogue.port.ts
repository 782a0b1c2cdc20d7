import type { Outcome, Secret } from '@puente/kernel';
import type { z } from 'zod';

/** What tenancy must know of a provider to keep its credentials. Integrations implements it; the app binds it. */
export interface CredentialRules {
  readonly provider: string;
  readonly model: 'global' | 'tenant' | 'hybrid';
  readonly secrets: z.ZodObject;
  readonly config: z.ZodObject;
  readonly globalFields: readonly string[];
  readonly rotateEveryDays: number;
  /** Field of `config` that holds the day on which the provider ends the secrets, YYYY-MM-DD. */
  readonly expiresOn?: string | undefined;
  readonly rebindOn: readonly string[];
  /** The secrets that `rebindOn` is about; left out: all. */
  readonly boundSecrets?: readonly string[] | undefined;
  /** false: used as soon as they are saved; the provider is only asked when somebody wants to know. Left out: true. */
  readonly probedBeforeUse?: boolean | undefined;
  /** The route of what its integrations belong to: only the flow behind it changes them. Left out: administrators do. */
  readonly managedBy?: string | undefined;
  /** Fields of `config` whose address may not be called, and why. Asks name servers: not inside a transaction. */
  refusedAddresses(
    config: Readonly<Record<string, unknown>>,
  ): Promise<readonly { readonly field: string; readonly message: string }[]>;
}

/** What credentials each provider takes; the catalogue is above tenancy, hence a port. */
export abstract class CredentialCatalogue {
  /** @returns undefined for a provider that does not exist */
  abstract rulesOf(provider: string): CredentialRules | undefined;
  abstract providers(): readonly string[];
}

/** Tries credentials with the provider's probe before they are used ("test connection"). */
export abstract class CredentialProbe {
  abstract probe(candidate: {
    readonly tenantId: string;
    readonly provider: string;
    readonly integration: string;
    readonly secrets: Secret<Readonly<Record<string, unknown>>>;
    readonly config: Readonly<Record<string, unknown>>;
    readonly externalId: string;
  }): Promise<Outcome>;
}

/** Told when credentials became usable again, so that lanes paused as unauthorized go on. The app binds it to the ledger. */
export abstract class CredentialsMended {
  abstract mended(tenantId: string, provider: string, integration: string): Promise<void>;
}

import { Injectable } from '@nestjs/common';
import type { z } from 'zod';
import { ConnectSettings } from '../chain/provider-clients';
import type { CredentialModel, ProviderDefinition } from '../provider';
import { ProviderCatalogue } from '../provider-catalogue';

/** What keeping credentials takes. The same shape as tenancy's `CredentialRules`, which the app binds this to. */
export interface RulesOfCredentials {
  readonly provider: string;
  readonly model: CredentialModel;
  readonly secrets: z.ZodObject;
  readonly config: z.ZodObject;
  readonly globalFields: readonly string[];
  readonly rotateEveryDays: number;
  readonly rebindOn: readonly string[];
  readonly boundSecrets: readonly string[] | undefined;
  readonly probedBeforeUse: boolean;
}

/** Tells tenancy about providers without tenancy knowing any: bind as `{ provide: CredentialCatalogue, useExisting: … }`. */
@Injectable()
export class CatalogueCredentialRules {
  /** The catalogue does not change, each call asks, and a schema takes as long to make as a request. */
  private readonly known = new Map<string, RulesOfCredentials>();

  constructor(
    private readonly catalogue: ProviderCatalogue,
    private readonly settings: ConnectSettings,
  ) {}

  rulesOf(provider: string): RulesOfCredentials | undefined {
    const known = this.known.get(provider);
    if (known) return known;
    const definition = this.catalogue.find(provider);
    if (!definition) return undefined;
    const rules = this.rulesFrom(provider, definition);
    this.known.set(provider, rules);
    return rules;
  }

  private rulesFrom(provider: string, { credentials, probe }: ProviderDefinition): RulesOfCredentials {
    const { model, secrets, globalFields = [], rotateEveryDays, rebindOn, boundSecrets } = credentials;
    const config = this.withAllowedEndpoint(credentials.config);
    const probedBeforeUse = probe.beforeUse ?? true;
    return {
      ...{ provider, model, secrets, config, globalFields, rotateEveryDays },
      rebindOn,
      boundSecrets,
      probedBeforeUse,
    };
  }

  /** A custom endpoint is refused when it is saved, not when it is called; `connect` refuses it all the same. */
  private withAllowedEndpoint(config: z.ZodObject): z.ZodObject {
    if (!('endpoint' in config.shape)) return config;
    const allowed = this.settings.allowedEndpoints.map((endpoint) => new URL(endpoint).origin);
    // What is no URL at all was found out by its own schema, and is asked about here all the same.
    const known = ({ endpoint }: Record<string, unknown>): boolean =>
      typeof endpoint !== 'string' || !URL.canParse(endpoint) || allowed.includes(new URL(endpoint).origin);
    return config.refine(known, { path: ['endpoint'], error: 'is not one of the endpoints the operator allows' });
  }

  providers(): readonly string[] {
    return this.catalogue.providers.map(({ meta }) => meta.id);
  }
}

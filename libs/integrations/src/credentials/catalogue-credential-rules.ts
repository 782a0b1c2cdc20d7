import { Injectable } from '@nestjs/common';
import type { z } from 'zod';
import type { CredentialModel } from '../provider';
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
}

/** Tells tenancy about providers without tenancy knowing any: bind as `{ provide: CredentialCatalogue, useExisting: … }`. */
@Injectable()
export class CatalogueCredentialRules {
  constructor(private readonly catalogue: ProviderCatalogue) {}

  rulesOf(provider: string): RulesOfCredentials | undefined {
    const spec = this.catalogue.find(provider)?.credentials;
    if (!spec) return undefined;
    const { model, secrets, config, globalFields = [], rotateEveryDays, rebindOn } = spec;
    return { provider, model, secrets, config, globalFields, rotateEveryDays, rebindOn };
  }

  providers(): readonly string[] {
    return this.catalogue.providers.map(({ meta }) => meta.id);
  }
}

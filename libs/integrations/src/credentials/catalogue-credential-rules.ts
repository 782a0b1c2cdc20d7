import { Injectable } from '@nestjs/common';
import { EgressError } from '@puente/egress';
import { z } from 'zod';
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
  readonly expiresOn: string | undefined;
  readonly rebindOn: readonly string[];
  readonly boundSecrets: readonly string[] | undefined;
  readonly probedBeforeUse: boolean;
  readonly managedBy: string | undefined;
  /** Fields of `config` whose URL leads where no call may go, and why. For saving; a connection is judged again. */
  refusedAddresses(config: Readonly<Record<string, unknown>>): Promise<readonly AddressProblem[]>;
}

export interface AddressProblem {
  readonly field: string;
  readonly message: string;
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

  private rulesFrom(provider: string, { credentials, probe, managed }: ProviderDefinition): RulesOfCredentials {
    const {
      model,
      secrets,
      config,
      globalFields = [],
      rotateEveryDays,
      expiresOn,
      rebindOn,
      boundSecrets,
    } = credentials;
    const probedBeforeUse = probe.beforeUse ?? true;
    const addresses = Object.entries(config.shape as Readonly<Record<string, z.ZodType>>)
      .filter(([, type]) => isUrl(type))
      .map(([field]) => field);
    return {
      ...{ provider, model, secrets, config, globalFields, rotateEveryDays },
      ...{ expiresOn, rebindOn },
      boundSecrets,
      probedBeforeUse,
      managedBy: managed?.by,
      refusedAddresses: (given) => this.refused(addresses, given),
    };
  }

  private async refused(
    fields: readonly string[],
    given: Readonly<Record<string, unknown>>,
  ): Promise<readonly AddressProblem[]> {
    const verdicts = await Promise.all(
      fields.map(async (field) => ({ field, message: await this.refusalOf(given[field]) })),
    );
    return verdicts.flatMap(({ field, message }) => (message === undefined ? [] : [{ field, message }]));
  }

  /** What is no URL at all is found out by its own schema. */
  private async refusalOf(url: unknown): Promise<string | undefined> {
    if (typeof url !== 'string' || !URL.canParse(url)) return undefined;
    try {
      await this.settings.egress.check(url);
      return undefined;
    } catch (error) {
      if (error instanceof EgressError) return error.message;
      throw error;
    }
  }

  providers(): readonly string[] {
    return this.catalogue.providers.map(({ meta }) => meta.id);
  }
}

/** `z.url()`, whatever is around it. */
function isUrl(type: z.ZodType): boolean {
  const { def } = type as unknown as { def: { format?: string; innerType?: z.ZodType } };
  return def.format === 'url' || (def.innerType !== undefined && isUrl(def.innerType));
}

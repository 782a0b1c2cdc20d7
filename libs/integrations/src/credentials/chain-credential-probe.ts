import { Injectable } from '@nestjs/common';
import {
  AppError,
  type CallInterceptor,
  type NextCall,
  type Outcome,
  type ProviderCall,
  type Secret,
} from '@puente/kernel';
import { Redactor, secretTexts } from '@puente/observability';
import { ProbeChain } from '../chain/call-chain';
import { connected } from '../chain/connected-call';
import { unusable } from '../chain/credentials.interceptor';
import { ConnectSettings } from '../chain/provider-clients';
import type { ProviderDefinition } from '../provider';
import { ProviderCatalogue } from '../provider-catalogue';
import { probeCall } from './probe-call';

/** Credentials that are about to be saved, as tenancy's `CredentialProbe` hands them over. */
export interface CandidateCredentials {
  readonly tenantId: string;
  readonly provider: string;
  readonly integration: string;
  readonly secrets: Secret<Readonly<Record<string, unknown>>>;
  readonly config: Readonly<Record<string, unknown>>;
  readonly externalId: string;
}

/** "Test connection": bind as `{ provide: CredentialProbe, useExisting: ChainCredentialProbe }`. */
@Injectable()
export class ChainCredentialProbe {
  constructor(
    private readonly catalogue: ProviderCatalogue,
    private readonly chain: ProbeChain,
    private readonly redactor: Redactor,
    private readonly settings: ConnectSettings,
  ) {}

  /** @throws {ProviderNotFoundError} */
  async probe(candidate: CandidateCredentials): Promise<Outcome> {
    const definition = this.catalogue.get(candidate.provider);
    try {
      const call = probeCall(definition, candidate);
      return await this.chain.run(call, new CandidateConnection(definition, candidate, this.settings, this.redactor));
    } catch (error) {
      // The probe's own input comes from the configuration: what it lacks is for the administrator to add.
      if (error instanceof AppError) return { kind: 'rejected', code: error.code, message: error.message };
      throw error;
    }
  }
}

/** Connects with the candidate, for one call, and leaves nothing open. */
class CandidateConnection implements CallInterceptor {
  constructor(
    private readonly definition: ProviderDefinition,
    private readonly candidate: CandidateCredentials,
    private readonly settings: ConnectSettings,
    private readonly redactor: Redactor,
  ) {}

  async intercept(call: ProviderCall, next: NextCall): Promise<Outcome> {
    const { secrets, config, tenantId, externalId } = this.candidate;
    const redaction = this.redactor.hold(secretTexts(secrets.reveal()));
    let disconnect: () => void = () => undefined;
    try {
      const client = this.definition.connect(secrets, config, { tenantId, externalId, ...this.settings.shared });
      disconnect = () => this.definition.disconnect?.(client);
      return await next(connected(call, { client, redaction }));
    } catch (error) {
      return unusable(this.definition, error, redaction);
    } finally {
      disconnect();
      redaction.release();
    }
  }
}

import { Injectable } from '@nestjs/common';
import {
  AppError,
  type CallInterceptor,
  type Failure,
  type NextCall,
  notSent,
  type Outcome,
  type ProviderCall,
} from '@puente/kernel';
import { type Redaction, Redactor, secretTexts } from '@puente/observability';
import { CredentialVault, type ResolvedCredentials } from '../credential-vault.port';
import type { ProviderDefinition } from '../provider';
import { ProviderCatalogue } from '../provider-catalogue';
import { cleanFailure } from './clean-failure';
import { connected } from './connected-call';
import { type LeasedClient, ProviderClients } from './provider-clients';
import { ProviderFaultLog } from './provider-fault-log';

/** Why the vault gives no credentials, in codes: each waits for an administrator, so each pauses the lane. */
const WAITS_FOR_ADMINISTRATOR = new Set([
  'CREDENTIALS_MISSING',
  'CREDENTIALS_INACTIVE',
  'CREDENTIALS_QUARANTINED',
  'TENANT_SUSPENDED',
]);

/** Whether a failure says that there were no credentials to call with, as opposed to the provider refusing them. */
export function lacksCredentials(failure: Failure): boolean {
  return failure.kind === 'unauthorized' && WAITS_FOR_ADMINISTRATOR.has(failure.code ?? '');
}

/**
 * Gives the call its tenant's client. Resolved anew for each try, so that a rotation is in force from the next one on.
 * Until the provider's code has ended the secrets are held by the redactor. Whatever fails here, nothing was sent.
 */
@Injectable()
export class CredentialsInterceptor implements CallInterceptor {
  constructor(
    private readonly catalogue: ProviderCatalogue,
    private readonly vault: CredentialVault,
    private readonly clients: ProviderClients,
    private readonly redactor: Redactor,
    private readonly log: ProviderFaultLog,
  ) {}

  async intercept(call: ProviderCall, next: NextCall): Promise<Outcome> {
    const definition = this.catalogue.get(call.provider);
    const credentials = await this.resolve(call);
    if ('kind' in credentials) return credentials;
    const redaction = this.redactor.hold(secretTexts(credentials.secrets.reveal()));
    try {
      const leased = this.lease(definition, call, credentials, redaction);
      if ('kind' in leased) return leased;
      try {
        return await next(connected(call, { client: leased.client, redaction }));
      } finally {
        leased.release();
      }
    } finally {
      redaction.release();
    }
  }

  private async resolve(call: ProviderCall): Promise<ResolvedCredentials | Failure> {
    try {
      const resolving = this.vault.resolve(call.tenantId, call.provider, call.integration);
      return await unlessAborted(resolving, call.signal);
    } catch (error) {
      if (error instanceof AppError && WAITS_FOR_ADMINISTRATOR.has(error.code))
        return { kind: 'unauthorized', code: error.code, message: error.message };
      this.log.credentialsUnreadable(call, error);
      return notSent('connect', { code: error instanceof AppError ? error.code : 'CREDENTIALS_UNREADABLE' });
    }
  }

  private lease(
    definition: ProviderDefinition,
    call: ProviderCall,
    credentials: ResolvedCredentials,
    redaction: Redaction,
  ): LeasedClient | Failure {
    try {
      return this.clients.lease(definition, call, credentials);
    } catch (error) {
      return unusable(definition, error, redaction);
    }
  }
}

/** The credentials as they are make no client. Their owner has to mend them, whatever the error says beyond that. */
export function unusable(definition: ProviderDefinition, error: unknown, redaction: Redaction): Failure {
  const failure = classifiedOrUndefined(definition, error);
  if (failure?.kind === 'unauthorized' || failure?.kind === 'not_sent') return cleanFailure(failure, redaction);
  const known = error instanceof AppError ? { code: error.code, message: error.message } : {};
  return cleanFailure({ kind: 'unauthorized', code: 'CREDENTIALS_UNUSABLE', ...known }, redaction);
}

function classifiedOrUndefined(definition: ProviderDefinition, error: unknown): Failure | undefined {
  try {
    return definition.classify(error);
  } catch {
    return undefined;
  }
}

/** A vault that hangs must not make an unknown outcome of a call that has not begun. */
async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T | Failure> {
  let stop: () => void = () => undefined;
  const aborted = new Promise<Failure>((resolve) => {
    stop = () => resolve(notSent('deadline'));
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    const first = await Promise.race([work, aborted]);
    return signal.aborted ? notSent('deadline') : first;
  } finally {
    signal.removeEventListener('abort', stop);
    work.catch(() => undefined); // nobody listens any more
  }
}

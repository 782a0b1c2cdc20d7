import { Injectable } from '@nestjs/common';
import {
  AppError,
  type CallInterceptor,
  type CancelSignal,
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

const TENANT_SUSPENDED = 'TENANT_SUSPENDED';

/** Why the vault gives no credentials, in codes: each waits for an administrator, and all but the last pause the lane. */
const WAITS_FOR_ADMINISTRATOR = new Set([
  'CREDENTIALS_MISSING',
  'CREDENTIALS_INACTIVE',
  'CREDENTIALS_QUARANTINED',
  TENANT_SUSPENDED,
]);

/** Whether a failure says that there were no credentials to call with, as opposed to the provider refusing them. */
export function lacksCredentials(failure: Failure): boolean {
  return failure.kind === 'unauthorized' && WAITS_FOR_ADMINISTRATOR.has(failure.code ?? '');
}

/** Rotations that one try lives through. Each needs a version newer than the last, so this only bounds a fault of ours. */
const MAX_ROTATIONS = 3;

/** Whether nothing was called because the tenant is suspended: no fault of its credentials, nor of the lane. */
export function isWithheld(outcome: Outcome): outcome is Failure {
  return outcome.kind === 'unauthorized' && outcome.withheld === true;
}

/**
 * Gives the call its tenant's client. Resolved anew for each try, so that a rotation is in force from the next one on;
 * background calls that were claimed together share what was read after their claim, for a moment.
 * Until the provider's code has ended the secrets are held by the redactor. Whatever fails here, nothing was sent.
 *
 * A refusal counts only when the refused credentials are still the active ones. If they were exchanged while the call
 * was on its way (the provider withdrew the old key), the call is made again with the new ones, within the same try:
 * `unauthorized` proves that nothing happened, so this is safe for every effect. Processes do not tell each other of a
 * rotation; the vault reads what is committed, and its readers share a read.
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
    let credentials = await this.resolve(call, call.claimedAtMs);
    if ('kind' in credentials)
      return credentials.kind === 'unauthorized' ? { ...credentials, uncalled: true } : credentials;
    for (let rotations = 0; ; rotations += 1) {
      if ('kind' in credentials) return credentials;
      const outcome = await this.callWith(credentials, definition, call, next);
      if (outcome.kind !== 'unauthorized' || rotations === MAX_ROTATIONS) return outcome;
      const active = await this.resolve(call);
      // The time of the try is over: what the provider said is all that is known.
      if (call.signal.aborted) return outcome;
      if (!('kind' in active)) {
        if (active.version === credentials.version) return outcome;
        this.log.credentialsReplaced(call, outcome);
      }
      credentials = active;
    }
  }

  private async callWith(
    credentials: ResolvedCredentials,
    definition: ProviderDefinition,
    call: ProviderCall,
    next: NextCall,
  ): Promise<Outcome> {
    const leased = this.lease(definition, call, credentials);
    if ('kind' in leased) return leased;
    try {
      return await next(connected(call, leased));
    } finally {
      leased.release();
    }
  }

  private async resolve(call: ProviderCall, sinceMs?: number): Promise<ResolvedCredentials | Failure> {
    try {
      const resolving = this.vault.resolve(call.tenantId, call.provider, call.integration, sinceMs);
      return await unlessAborted(resolving, call.signal);
    } catch (error) {
      if (error instanceof AppError && WAITS_FOR_ADMINISTRATOR.has(error.code)) return unavailable(error);
      this.log.credentialsUnreadable(call, error);
      return notSent('connect', { code: error instanceof AppError ? error.code : 'CREDENTIALS_UNREADABLE' });
    }
  }

  private lease(
    definition: ProviderDefinition,
    call: ProviderCall,
    credentials: ResolvedCredentials,
  ): LeasedClient | Failure {
    try {
      return this.clients.lease(definition, call, credentials);
    } catch (error) {
      const redaction = this.redactor.hold(secretTexts(credentials.secrets.reveal()));
      try {
        return unusable(definition, error, redaction);
      } finally {
        redaction.release();
      }
    }
  }
}

/** A provider may answer with any code, this one too; only we say `withheld`, or `uncalled`. */
function unavailable({ code, message }: AppError): Failure {
  const failure = { kind: 'unauthorized', code, message } as const;
  return code === TENANT_SUSPENDED ? { ...failure, withheld: true } : failure;
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
function unlessAborted<T>(work: Promise<T>, signal: CancelSignal): Promise<T | Failure> {
  return new Promise((resolve) => {
    const stop = (): void => resolve(notSent('deadline'));
    signal.addEventListener('abort', stop, { once: true });
    work.then(
      (value) => {
        signal.removeEventListener('abort', stop);
        resolve(signal.aborted ? notSent('deadline') : value);
      },
      () => {
        signal.removeEventListener('abort', stop);
        resolve(work); // whatever the vault threw
      },
    );
  });
}

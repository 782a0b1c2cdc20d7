import { Injectable } from '@nestjs/common';
import type { Failure, ProviderCall } from '@puente/kernel';
import { callTrace, LogSink, type Redaction, type SerializedError, serializeError } from '@puente/observability';

/** What happens around a provider's code and an outcome's few words cannot tell: faults of our own, most of all. */
@Injectable()
export class ProviderFaultLog {
  constructor(private readonly log: LogSink) {}

  /** Something was thrown that nobody expected: the outcome says `unknown`, this line says where. */
  threw(call: ProviderCall, error: unknown, redaction: Redaction): void {
    this.write(
      'provider_code.threw',
      call,
      cleaned(serializeError(error), redaction),
      'threw what its classification does not know',
    );
  }

  /** `classify` itself failed, so that nothing is known of the error. */
  classificationFailed(call: ProviderCall, error: unknown, redaction: Redaction): void {
    this.write(
      'provider_code.classify_failed',
      call,
      cleaned(serializeError(error), redaction),
      'could not classify an error',
    );
  }

  /** The vault failed in a way that says nothing about the credentials: the database is away, a key is missing. */
  credentialsUnreadable(call: ProviderCall, error: unknown): void {
    this.write(
      'credentials.unreadable',
      call,
      serializeError(error),
      'was not called: its credentials could not be read',
    );
  }

  /** No fault: a call under credentials that were rotated away meanwhile is made again, and nobody else hears of it. */
  credentialsReplaced(call: ProviderCall, { code }: Failure): void {
    const { provider, operation, tenantId, operationId } = call;
    this.log.info(
      { ...callTrace(call), event: 'credentials.replaced', service: provider, operation, tenantId, operationId, code },
      `${provider}.${operation} was refused with credentials that have been rotated since; calling again with the new ones`,
    );
  }

  private write(event: string, call: ProviderCall, err: SerializedError, what: string): void {
    const { provider, operation, tenantId, operationId } = call;
    this.log.error(
      { ...callTrace(call), event, service: provider, operation, tenantId, operationId, fault: err },
      `${provider}.${operation} ${what}`,
    );
  }
}

function cleaned(error: SerializedError, redaction: Redaction): SerializedError {
  const { name, code, message, stack, cause } = error;
  return {
    name: redaction.clean(name, 100),
    ...(code === undefined ? {} : { code: redaction.clean(code, 100) }),
    message: redaction.clean(message),
    ...(stack === undefined ? {} : { stack: stack.map((frame) => redaction.clean(frame)) }),
    ...(cause === undefined ? {} : { cause: cleaned(cause, redaction) }),
  };
}

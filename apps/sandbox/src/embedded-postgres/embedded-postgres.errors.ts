import { AppError } from '@puente/kernel';

/** The last lines the server wrote; the reason it gives is nearly always among them. */
export type LogTail = readonly string[];

/**
 * Why the embedded PostgreSQL could not be used. The message is meant for the person at the terminal: what happened,
 * what to do, and the last lines of the server's own log.
 */
export abstract class EmbeddedPostgresError extends AppError {
  constructor(
    sentence: string,
    readonly logTail: LogTail = [],
    options?: { cause?: unknown },
  ) {
    super(
      logTail.length === 0 ? sentence : `${sentence}\nLast lines of PostgreSQL's log:\n  ${logTail.join('\n  ')}`,
      options,
    );
  }
}

/** The package with the binaries was not installed, or there is none for this platform. */
export class PostgresBinariesMissingError extends EmbeddedPostgresError {
  readonly code = 'EMBEDDED_POSTGRES_BINARIES_MISSING';
}

/** The binaries are there, but this system or this account cannot run them. */
export class PostgresBinariesUnusableError extends EmbeddedPostgresError {
  readonly code = 'EMBEDDED_POSTGRES_BINARIES_UNUSABLE';
}

/** Started as root, and no way was found to give PostgreSQL an account it accepts. */
export class NoUnprivilegedAccountError extends EmbeddedPostgresError {
  readonly code = 'EMBEDDED_POSTGRES_NO_UNPRIVILEGED_ACCOUNT';
}

/** What lies at the data directory is not a complete database, and we did not make it: nothing is deleted. */
export class DataDirectoryInvalidError extends EmbeddedPostgresError {
  readonly code = 'EMBEDDED_POSTGRES_DATA_INVALID';
}

/** The data was written by another major version of PostgreSQL. */
export class DataVersionMismatchError extends EmbeddedPostgresError {
  readonly code = 'EMBEDDED_POSTGRES_DATA_VERSION';
}

/** The data directory, or the way to it, is closed to us. */
export class DataDirectoryNotWritableError extends EmbeddedPostgresError {
  readonly code = 'EMBEDDED_POSTGRES_DATA_NOT_WRITABLE';
}

/** No room is left for the database's files. */
export class DiskFullError extends EmbeddedPostgresError {
  readonly code = 'EMBEDDED_POSTGRES_DISK_FULL';
}

/** Another program listens on the port. */
export class PortTakenError extends EmbeddedPostgresError {
  readonly code = 'EMBEDDED_POSTGRES_PORT_TAKEN';
}

/** Another living program of ours runs PostgreSQL on this data directory: two of them must not share it. */
export class AlreadyRunningError extends EmbeddedPostgresError {
  readonly code = 'EMBEDDED_POSTGRES_ALREADY_RUNNING';
}

/** A process of a killed run still holds the data directory's memory, longer than we were willing to wait. */
export class PredecessorStillAliveError extends EmbeddedPostgresError {
  readonly code = 'EMBEDDED_POSTGRES_PREDECESSOR_ALIVE';
}

/** `initdb` failed for a reason none of the other errors names. */
export class InitialisationFailedError extends EmbeddedPostgresError {
  readonly code = 'EMBEDDED_POSTGRES_INIT_FAILED';
}

/** The server ended, or did not become ready in time, for a reason none of the other errors names. */
export class StartFailedError extends EmbeddedPostgresError {
  readonly code = 'EMBEDDED_POSTGRES_START_FAILED';
}

/** The server runs, but does not know the passwords in the secrets file. */
export class PasswordsLostError extends EmbeddedPostgresError {
  readonly code = 'EMBEDDED_POSTGRES_PASSWORDS_LOST';
}

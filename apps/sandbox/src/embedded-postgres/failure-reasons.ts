import type { EmbeddedPostgresError, LogTail } from './embedded-postgres.errors';
import {
  AlreadyRunningError,
  DataDirectoryNotWritableError,
  DataVersionMismatchError,
  DiskFullError,
  PortTakenError,
  PredecessorStillAliveError,
} from './embedded-postgres.errors';

export interface FailureContext {
  readonly dataDir: string;
  readonly port?: number;
}

interface Reason {
  readonly sign: RegExp;
  readonly error: (context: FailureContext, tail: LogTail) => EmbeddedPostgresError;
}

/**
 * How PostgreSQL 18 words the failures a person can do something about. Its messages are the only evidence: `initdb`
 * and the postmaster exit with 1 whatever happened. They run with LC_ALL=C, so the words do not depend on the locale.
 */
const reasons: readonly Reason[] = [
  {
    sign: /No space left on device|Disk quota exceeded/,
    error: ({ dataDir }, tail) =>
      new DiskFullError(`The disk that holds ${dataDir} is full. Make room and start again; no data was lost.`, tail),
  },
  {
    sign: /could not bind .*(Address already in use|Permission denied|Cannot assign requested address)/,
    error: ({ port }, tail) =>
      new PortTakenError(
        `PostgreSQL cannot listen on 127.0.0.1:${String(port)}: another program has that port, or it may not be used. ` +
          'Stop that program or configure another port.',
        tail,
      ),
  },
  {
    sign: /database files are incompatible with server/,
    error: ({ dataDir }, tail) =>
      new DataVersionMismatchError(
        `${dataDir} was written by another version of PostgreSQL. Use that version, or move the directory away.`,
        tail,
      ),
  },
  {
    sign: /pre-existing shared memory block/,
    error: ({ dataDir }, tail) =>
      new PredecessorStillAliveError(
        `A process of an earlier PostgreSQL still uses ${dataDir} and does not end. Look for it with ` +
          '`ps -ef | grep postgres`, end it, and start again.',
        tail,
      ),
  },
  {
    sign: /lock file "postmaster\.pid" already exists/,
    error: ({ dataDir }, tail) =>
      new AlreadyRunningError(`Another PostgreSQL already runs on ${dataDir}. Stop it first.`, tail),
  },
  {
    sign: /(Permission denied|Operation not permitted|Read-only file system|has wrong ownership)/,
    error: ({ dataDir }, tail) => notWritable(dataDir, tail),
  },
];

/** Finds the named reason in a failed server's log; undefined when none fits. */
export function reasonInLog(tail: LogTail, context: FailureContext): EmbeddedPostgresError | undefined {
  return reasons.find(({ sign }) => tail.some((line) => sign.test(line)))?.error(context, tail);
}

/** The same for a file operation of our own; an error that is not about the file system comes back as it is. */
export function reasonOfFileError(error: unknown, context: FailureContext): unknown {
  switch ((error as NodeJS.ErrnoException).code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new DiskFullError(`The disk that holds ${context.dataDir} is full. Make room and start again.`, [], {
        cause: error,
      });
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return notWritable(context.dataDir, [], error);
    default:
      return error;
  }
}

function notWritable(dataDir: string, tail: LogTail, cause?: unknown): DataDirectoryNotWritableError {
  return new DataDirectoryNotWritableError(
    `PostgreSQL cannot write ${dataDir}: it belongs to another user, or the disk is read-only. ` +
      'Run as the user it belongs to, give it to yourself (chown -R), or choose another directory.',
    tail,
    { cause },
  );
}

import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { ControlRoute, SandboxPart, SandboxServices } from '../stand-in/stand-in.port';
import { commonAwsError } from './aws-error';
import type { AwsRequest } from './aws-request';
import { DEFAULT_ACCOUNT } from './aws-request';

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS aws_revoked_keys (
    access_key_id text PRIMARY KEY
  );
  CREATE TABLE IF NOT EXISTS aws_roles (
    role_arn    text PRIMARY KEY,
    external_id text
  );
  CREATE TABLE IF NOT EXISTS aws_sessions (
    access_key_id text PRIMARY KEY,
    assumed_role  text NOT NULL,
    account       text NOT NULL,
    expires_at    timestamptz NOT NULL
  );
`;

const Key = z.strictObject({ accessKeyId: z.string().min(1) });
const Role = z.strictObject({
  roleArn: z.string().regex(/^arn:aws:iam::\d{12}:role\/.+$/),
  externalId: z.string().min(2).max(1224).optional(),
});

/** Who signed a request. */
export interface Principal {
  readonly accessKeyId: string;
  readonly account: string;
  readonly arn: string;
}

interface Session {
  readonly assumedRole: string;
  readonly account: string;
  readonly expiresAt: number;
}

/**
 * Access keys and roles, shared by all AWS stand-ins. Any access key is good except those revoked through the control
 * plane, so a demo needs no account and a test can still watch credentials go bad. Signatures are not verified.
 */
export class AwsAccess implements SandboxPart {
  readonly id = 'aws';
  readonly schema = SCHEMA;
  readonly tables = ['aws_revoked_keys', 'aws_roles', 'aws_sessions'];
  readonly control: readonly ControlRoute[];

  private services: SandboxServices | undefined;
  private readonly revoked = new Set<string>();
  private readonly roles = new Map<string, string | null>();
  private readonly sessions = new Map<string, Session>();

  constructor() {
    this.control = this.routes();
  }

  async start(services: SandboxServices): Promise<void> {
    this.services = services;
    const { database } = services;
    const keys = await database.query<{ access_key_id: string }>('SELECT access_key_id FROM aws_revoked_keys');
    for (const row of keys) this.revoked.add(row.access_key_id);
    const roles = await database.query<{ role_arn: string; external_id: string | null }>(
      'SELECT role_arn, external_id FROM aws_roles',
    );
    for (const row of roles) this.roles.set(row.role_arn, row.external_id);
    const sessions = await database.query<{
      access_key_id: string;
      assumed_role: string;
      account: string;
      expires_at: Date;
    }>('SELECT access_key_id, assumed_role, account, expires_at FROM aws_sessions');
    for (const row of sessions) {
      this.sessions.set(row.access_key_id, {
        assumedRole: row.assumed_role,
        account: row.account,
        expiresAt: row.expires_at.getTime(),
      });
    }
  }

  async reset(): Promise<void> {
    this.revoked.clear();
    this.roles.clear();
    this.sessions.clear();
  }

  /** @throws AwsError `InvalidClientTokenId` for a revoked key, `ExpiredToken` for a session past its time. */
  authenticate(request: AwsRequest): Principal {
    const accessKeyId = request.accessKeyId ?? 'anonymous';
    if (this.revoked.has(accessKeyId)) throw commonAwsError('InvalidClientTokenId');
    const session = this.sessions.get(accessKeyId);
    if (!session) return { accessKeyId, account: DEFAULT_ACCOUNT, arn: `arn:aws:iam::${DEFAULT_ACCOUNT}:user/sandbox` };
    if (session.expiresAt <= this.nowMs()) throw commonAwsError('ExpiredToken');
    return { accessKeyId, account: session.account, arn: session.assumedRole };
  }

  /** The ExternalId a role asks for: `null` when it asks for none, `undefined` when there is no such role. */
  externalIdOf(roleArn: string): string | null | undefined {
    return this.roles.get(roleArn);
  }

  /** Opens a session, committed before its key is handed out. */
  async openSession(
    roleArn: string,
    sessionName: string,
    seconds: number,
  ): Promise<{ accessKeyId: string; expiresAt: Date; assumedRole: string }> {
    const account = roleArn.split(':')[4] ?? DEFAULT_ACCOUNT;
    const assumedRole = `arn:aws:sts::${account}:assumed-role/${roleArn.slice(roleArn.lastIndexOf('/') + 1)}/${sessionName}`;
    const accessKeyId = `ASIA${randomBytes(10).toString('hex').toUpperCase().slice(0, 16)}`;
    const expiresAt = new Date(this.nowMs() + seconds * 1_000);
    await this.services?.database.query(
      'INSERT INTO aws_sessions (access_key_id, assumed_role, account, expires_at) VALUES ($1, $2, $3, $4)',
      [accessKeyId, assumedRole, account, expiresAt],
    );
    this.sessions.set(accessKeyId, { assumedRole, account, expiresAt: expiresAt.getTime() });
    return { accessKeyId, expiresAt, assumedRole };
  }

  /** Sessions live by the clock of `sts`: `POST /_sandbox/sts/clock` makes them expire. */
  private nowMs(): number {
    return this.services?.clock.nowMs('sts') ?? Date.now();
  }

  private routes(): ControlRoute[] {
    return [
      {
        method: 'GET',
        path: 'revoked',
        summary: 'Revoked access keys.',
        handle: async () => ({ status: 200, body: [...this.revoked] }),
      },
      {
        method: 'POST',
        path: 'revoke',
        summary: '{accessKeyId}: every call signed with it is refused from now on.',
        handle: async ({ body }) => {
          const { accessKeyId } = Key.parse(body);
          await this.services?.database.query('INSERT INTO aws_revoked_keys VALUES ($1) ON CONFLICT DO NOTHING', [
            accessKeyId,
          ]);
          this.revoked.add(accessKeyId);
          return { status: 200, body: { accessKeyId, revoked: true } };
        },
      },
      {
        method: 'POST',
        path: 'restore',
        summary: '{accessKeyId}: the key is good again.',
        handle: async ({ body }) => {
          const { accessKeyId } = Key.parse(body);
          await this.services?.database.query('DELETE FROM aws_revoked_keys WHERE access_key_id = $1', [accessKeyId]);
          this.revoked.delete(accessKeyId);
          return { status: 200, body: { accessKeyId, revoked: false } };
        },
      },
      ...this.roleRoutes(),
    ];
  }

  private roleRoutes(): ControlRoute[] {
    const list = (): unknown =>
      [...this.roles].map(([roleArn, externalId]) => ({ roleArn, ...(externalId === null ? {} : { externalId }) }));
    return [
      {
        method: 'GET',
        path: 'roles',
        summary: 'Roles that can be assumed.',
        handle: async () => ({ status: 200, body: list() }),
      },
      {
        method: 'POST',
        path: 'roles',
        summary: '{roleArn, externalId?}: a role to assume, and the ExternalId it asks for.',
        handle: async ({ body }) => {
          const { roleArn, externalId = null } = Role.parse(body);
          await this.services?.database.query(
            'INSERT INTO aws_roles VALUES ($1, $2) ON CONFLICT (role_arn) DO UPDATE SET external_id = excluded.external_id',
            [roleArn, externalId],
          );
          this.roles.set(roleArn, externalId);
          return { status: 200, body: list() };
        },
      },
    ];
  }
}

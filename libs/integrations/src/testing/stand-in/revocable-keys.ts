import { z } from 'zod';
import type { ControlRoute, SandboxServices } from './stand-in.port';

const Key = z.strictObject({ key: z.string().min(1).max(4_096) });

/**
 * The API keys of one stand-in: every key opens it until it is revoked over the control plane, and again once it is
 * restored. For stand-ins of services with a secret in a header; those of AWS share {@link AwsAccess}.
 */
export class RevocableKeys {
  /** For the schema of the stand-in; its tables must name {@link RevocableKeys.table}. */
  static readonly schema = `
    CREATE TABLE IF NOT EXISTS sandbox_revoked_keys (
      part text NOT NULL,
      key  text NOT NULL,
      PRIMARY KEY (part, key)
    );
  `;
  static readonly table = 'sandbox_revoked_keys';
  private readonly revoked = new Set<string>();

  private constructor(
    private readonly services: SandboxServices,
    private readonly part: string,
  ) {}

  /** For the start of the stand-in: what was revoked before stays revoked. */
  static async load(services: SandboxServices, part: string): Promise<RevocableKeys> {
    const keys = new RevocableKeys(services, part);
    const rows = await services.database.query<{ key: string }>(
      'SELECT key FROM sandbox_revoked_keys WHERE part = $1',
      [part],
    );
    for (const { key } of rows) keys.revoked.add(key);
    return keys;
  }

  opens(key: string): boolean {
    return key !== '' && !this.revoked.has(key);
  }

  /** For the reset of the stand-in; the table is empty by then. */
  forget(): void {
    this.revoked.clear();
  }

  routes(): ControlRoute[] {
    return [
      {
        method: 'POST',
        path: 'revoke',
        summary: '{key}: every call with it is refused from now on.',
        handle: async ({ body }) => this.set(Key.parse(body).key, true),
      },
      {
        method: 'POST',
        path: 'restore',
        summary: '{key}: the key is good again.',
        handle: async ({ body }) => this.set(Key.parse(body).key, false),
      },
    ];
  }

  private async set(key: string, revoked: boolean) {
    const statement = revoked
      ? 'INSERT INTO sandbox_revoked_keys VALUES ($1, $2) ON CONFLICT DO NOTHING'
      : 'DELETE FROM sandbox_revoked_keys WHERE part = $1 AND key = $2';
    await this.services.database.query(statement, [this.part, key]);
    if (revoked) this.revoked.add(key);
    else this.revoked.delete(key);
    return { status: 200, body: { revoked } };
  }
}

import type { ControlRoute, SandboxServices } from '@puente/integrations/testing';
import { z } from 'zod';

const Behaviour = z.strictObject({
  /** Names of the databases there are. */
  databases: z.array(z.string().min(1)).default(['puente', 'contabilidad']),
  /** Whether PostgreSQL answers; Odoo’s server does in any case. */
  postgres: z.boolean().default(true),
  /** Whether puente_bridge is installed. */
  addon: z.boolean().default(true),
  /** Calls at a time; the others wait, as for a worker. */
  workers: z.int().min(1).max(64).default(2),
  /** No entry on or before this day. */
  lockDate: z.iso.date().nullable().default(null),
  /** Number of the bot user. */
  uid: z.int().min(1).default(7),
});

export type Behaviour = z.output<typeof Behaviour>;

const KEPT = 'behaviour';

/** How this Odoo is set up: `GET` and `POST /_sandbox/odoo/behaviour`. A kill of the sandbox does not change it. */
export class OdooBehaviour {
  current: Behaviour = Behaviour.parse({});

  constructor(private readonly services: SandboxServices) {}

  async load(): Promise<void> {
    const rows = await this.services.database.query<{ data: unknown }>(
      'SELECT data FROM odoo_behaviour WHERE name = $1',
      [KEPT],
    );
    this.current = Behaviour.parse(rows[0]?.data ?? {});
  }

  forget(): void {
    this.current = Behaviour.parse({});
  }

  routes(): ControlRoute[] {
    return [
      {
        method: 'GET',
        path: 'behaviour',
        summary: 'Databases, workers, lock date, and what is installed or down.',
        handle: async () => ({ status: 200, body: this.current }),
      },
      {
        method: 'POST',
        path: 'behaviour',
        summary: '{databases?, postgres?, addon?, workers?, lockDate?, uid?}: changes what is named.',
        handle: async ({ body }) => ({ status: 200, body: await this.change(body) }),
      },
    ];
  }

  private async change(patch: unknown): Promise<Behaviour> {
    const next = Behaviour.parse({ ...this.current, ...z.record(z.string(), z.unknown()).parse(patch) });
    await this.services.database.query(
      `INSERT INTO odoo_behaviour (name, data) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET data = excluded.data`,
      [KEPT, JSON.stringify(next)],
    );
    this.current = next;
    return next;
  }
}

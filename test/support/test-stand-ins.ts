import type { SandboxPart } from '@puente/integrations/testing';
import { AwsAccess, StandInHost } from '@puente/integrations/testing';
import { createTestDatabase } from './test-database';

/** Stand-ins of a test's own, on a free port and a database of their own. */
export interface TestStandIns {
  readonly host: StandInHost;
  /** The endpoint for SDKs, and the base of the control plane. */
  readonly url: string;
  readonly databaseUrl: string;
  /** Reads from the control plane: `received('sns')`. */
  received<Effect = Record<string, unknown>>(part: string): Promise<Effect[]>;
  /** Orders something from the control plane; throws when it is refused. */
  order(path: string, body?: object): Promise<unknown>;
  /** Ends the host; until the restart every connection is refused. */
  halt(): Promise<void>;
  /** Ends the host and begins another on the same port and data, as after a crash. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** @param parts made anew for each start of the host; they share the access keys given to them. */
export async function startTestStandIns(parts: (access: AwsAccess) => readonly SandboxPart[]): Promise<TestStandIns> {
  const database = await createTestDatabase();
  const begin = (port: number): Promise<StandInHost> => {
    const access = new AwsAccess();
    return StandInHost.start({ databaseUrl: database.superuserUrl, port, parts: [access, ...parts(access)] });
  };
  let host = await begin(0);
  let isUp = true;
  const halt = async (): Promise<void> => {
    if (isUp) await host.stop();
    isUp = false;
  };
  const { url, port } = host;
  return {
    get host() {
      return host;
    },
    url,
    databaseUrl: database.superuserUrl,
    received: async (part) => (await control(`${url}/_sandbox/${part}/received`)) as never,
    order: (path, body) =>
      control(`${url}/_sandbox/${path}`, { method: 'POST', ...(body ? { body: JSON.stringify(body) } : {}) }),
    halt,
    restart: async () => {
      await halt();
      host = await begin(port);
      isUp = true;
    },
    stop: async () => {
      await halt();
      await database.drop();
    },
  };
}

async function control(url: string, init?: RequestInit): Promise<unknown> {
  const response = await fetch(url, init);
  const body: unknown = await response.json();
  if (!response.ok) throw new Error(`${url} answered ${String(response.status)}: ${JSON.stringify(body)}`);
  return body;
}

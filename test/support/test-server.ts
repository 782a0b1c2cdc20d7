/** The server of this run of Jest, handed from globalSetup to globalTeardown: both run in the same process. */
export interface TestServer {
  stop(): Promise<void>;
}

/** Where the workers find the superuser's URL. */
export const superuserUrlVariable = 'PUENTE_TEST_SUPERUSER_URL';

const kept = Symbol.for('puente.test-server');
const place = globalThis as { [kept]?: TestServer | undefined };

export function keepTestServer(server: TestServer): void {
  place[kept] = server;
}

/** Undefined when the developer's own server is used: that one is not ours to stop. */
export function takeTestServer(): TestServer | undefined {
  const server = place[kept];
  place[kept] = undefined;
  return server;
}

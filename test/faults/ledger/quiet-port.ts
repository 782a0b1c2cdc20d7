import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below what systems give to outgoing connections: nobody takes it while a killed process is away. */
const FROM = 20_000;
const TO = 30_000;

/** A loopback port that stays free between two lives of a process. */
export async function quietPort(): Promise<number> {
  for (;;) {
    const port = FROM + Math.floor(Math.random() * (TO - FROM));
    const server = createServer().listen(port, '127.0.0.1');
    const said = await Promise.race([once(server, 'listening'), once(server, 'error')]);
    if (said.length > 0) continue;
    server.close();
    await once(server, 'close');
    return port;
  }
}

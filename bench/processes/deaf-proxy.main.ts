import { type AddressInfo, connect, createServer } from 'node:net';
import { answer } from '../harness/answering';

/** PostgreSQL's NotificationResponse (protocol 3.0, "Message Formats"). */
const NOTIFICATION = 'A'.charCodeAt(0);

/** Stands between a worker and its database and lets everything through but notifications: every wake-up is lost. */
async function start({ port }: { readonly port: number }): Promise<{ readonly port: number }> {
  const server = createServer((client) => {
    const database = connect(port, '127.0.0.1');
    client.pipe(database);
    let rest = Buffer.alloc(0);
    database.on('data', (data) => {
      const { passed, left } = withoutNotifications(Buffer.concat([rest, data]));
      rest = left;
      if (passed.length > 0) client.write(passed);
    });
    for (const [one, other] of [
      [client, database],
      [database, client],
    ] as const)
      one.on('error', () => other.destroy()).on('close', () => other.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { port: (server.address() as AddressInfo).port };
}

/** Each message is a type, a length that counts itself, and the rest. Our connections ask for no TLS, so all are such. */
function withoutNotifications(data: Buffer): { readonly passed: Buffer; readonly left: Buffer<ArrayBuffer> } {
  const passed: Buffer[] = [];
  let at = 0;
  while (at + 5 <= data.length) {
    const end = at + 1 + data.readUInt32BE(at + 1);
    if (end > data.length) break;
    if (data[at] !== NOTIFICATION) passed.push(data.subarray(at, end));
    at = end;
  }
  return { passed: Buffer.concat(passed), left: Buffer.from(data.subarray(at)) };
}

answer({ start });

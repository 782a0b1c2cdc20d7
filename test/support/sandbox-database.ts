import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Client } from 'pg';

/** The sandbox's database as its owner sees it: what somebody with a backup or a stolen password could do. */
export async function asDatabaseOwner<T>(dataDir: string, work: (client: Client) => Promise<T>): Promise<T> {
  const passwords = JSON.parse(readFileSync(path.join(dataDir, 'database-passwords.json'), 'utf8')) as {
    owner: string;
  };
  // Fourth line of the lock file: https://www.postgresql.org/docs/current/storage-file-layout.html
  const port = Number(readFileSync(path.join(dataDir, 'postgres', 'postmaster.pid'), 'utf8').split('\n')[3]);
  const client = new Client({
    host: '127.0.0.1',
    port,
    user: 'puente_owner',
    password: passwords.owner,
    database: 'puente',
  });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

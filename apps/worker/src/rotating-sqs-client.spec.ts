import { type ListQueuesCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { type OpenedClient, RotatingSqsClient } from './rotating-sqs-client';

const command = {} as ListQueuesCommand;

/** Keys that are good until they are withdrawn, and clients that say by which they were answered. */
class Account {
  active = 'key-1';
  readonly withdrawn = new Set<string>();
  readonly open = new Set<string>();
  reopened = 0;

  opened(version: string): OpenedClient {
    this.open.add(version);
    const send = (): Promise<string> =>
      this.withdrawn.has(version) ? Promise.reject(new Error('refused')) : Promise.resolve(version);
    const destroy = (): void => void this.open.delete(version);
    return { version, client: { send, destroy } as unknown as SQSClient };
  }

  client(isRefusal: (error: unknown) => boolean = () => true): SQSClient {
    return RotatingSqsClient.over(this.opened(this.active), {
      isRefusal,
      reopen: async (version) => {
        this.reopened += 1;
        await Promise.resolve();
        return version === this.active ? undefined : this.opened(this.active);
      },
    });
  }
}

describe('a queue client across a rotation', () => {
  it('makes refused requests again with the new key, which it looks up once', async () => {
    const account = new Account();
    const client = account.client();
    expect(await client.send(command)).toBe('key-1');
    account.active = 'key-2';
    expect(await client.send(command)).toBe('key-1'); // still good
    account.withdrawn.add('key-1');

    expect(await Promise.all(Array.from({ length: 20 }, () => client.send(command)))).toEqual(Array(20).fill('key-2'));
    expect(account.reopened).toBe(1);
    expect([...account.open]).toEqual(['key-1', 'key-2']); // the old one may still have requests in hand
    client.destroy();
    expect(account.open.size).toBe(0);
  });

  it('follows every rotation', async () => {
    const account = new Account();
    const client = account.client();
    for (const key of ['key-2', 'key-3', 'key-4']) {
      account.withdrawn.add(account.active);
      account.active = key;
      expect(await client.send(command)).toBe(key);
    }
    client.destroy();
    expect(account.open.size).toBe(0);
  });

  it('says so when the refused key is the active one, and does not ask about other errors', async () => {
    const account = new Account();
    account.withdrawn.add('key-1');
    await expect(account.client().send(command)).rejects.toThrow('refused');
    expect(account.reopened).toBe(1);
    await expect(account.client(() => false).send(command)).rejects.toThrow('refused');
    expect(account.reopened).toBe(1);
  });

  it('leaves nothing open when it was destroyed while it looked', async () => {
    const account = new Account();
    const client = account.client();
    account.withdrawn.add('key-1');
    account.active = 'key-2';
    const sending = client.send(command);
    client.destroy();

    await expect(sending).rejects.toThrow('refused');
    expect(account.open.size).toBe(0);
  });
});

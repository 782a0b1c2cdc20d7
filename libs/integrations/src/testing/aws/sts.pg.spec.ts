import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { startTestStandIns } from '../../../../../test/support/test-stand-ins';
import type { TestStandIns } from '../../../../../test/support/test-stand-ins';
import { StsStandIn } from './sts.stand-in';

describe('STS stand-in', () => {
  let sandbox: TestStandIns;
  const clients: STSClient[] = [];
  const RoleArn = 'arn:aws:iam::111122223333:role/puente';

  beforeAll(async () => {
    sandbox = await startTestStandIns((access) => [new StsStandIn(access)]);
  });
  afterAll(async () => {
    for (const client of clients) client.destroy();
    await sandbox.stop();
  });
  beforeEach(() => sandbox.order('reset'));

  const as = (accessKeyId: string, sessionToken?: string): STSClient => {
    const credentials = {
      accessKeyId,
      secretAccessKey: 'any',
      ...(sessionToken === undefined ? {} : { sessionToken }),
    };
    const client = new STSClient({ endpoint: sandbox.url, region: 'us-east-1', credentials, maxAttempts: 1 });
    clients.push(client);
    return client;
  };
  const assume = async (ExternalId?: string, DurationSeconds?: number) => {
    const command = new AssumeRoleCommand({ RoleArn, RoleSessionName: 'tenant-a', ExternalId, DurationSeconds });
    return (await as('AKIDPLATFORM').send(command)).Credentials;
  };
  const refused = { name: 'AccessDenied', $metadata: { httpStatusCode: 403 } };

  it('knows any caller', async () => {
    expect(await as('AKIDANY').send(new GetCallerIdentityCommand({}))).toMatchObject({
      Account: '000000000000',
      Arn: 'arn:aws:iam::000000000000:user/sandbox',
    });
  });

  it('opens a session for who knows the ExternalId, and for nobody else', async () => {
    await expect(assume('right')).rejects.toMatchObject(refused);
    await sandbox.order('aws/roles', { roleArn: RoleArn, externalId: 'right' });
    await expect(assume()).rejects.toMatchObject(refused);
    await expect(assume('wrong')).rejects.toMatchObject(refused);

    const credentials = await assume('right');
    expect(credentials?.AccessKeyId).toMatch(/^ASIA/);
    expect(credentials?.Expiration?.getTime()).toBeGreaterThan(Date.now() + 3_500_000);
    const session = as(credentials?.AccessKeyId ?? '', credentials?.SessionToken);
    expect(await session.send(new GetCallerIdentityCommand({}))).toMatchObject({
      Account: '111122223333',
      Arn: 'arn:aws:sts::111122223333:assumed-role/puente/tenant-a',
    });
  });

  it('keeps roles and sessions over a restart, until a session is over', async () => {
    await sandbox.order('aws/roles', { roleArn: RoleArn });
    const credentials = await assume(undefined, 900);
    await sandbox.restart();
    const session = as(credentials?.AccessKeyId ?? '', credentials?.SessionToken);
    expect(await session.send(new GetCallerIdentityCommand({}))).toMatchObject({ Account: '111122223333' });

    await sandbox.order('sts/clock', { advanceMs: 901_000 });
    await expect(session.send(new GetCallerIdentityCommand({}))).rejects.toMatchObject({
      name: 'ExpiredToken',
      message: 'The security token included in the request is expired',
      $metadata: { httpStatusCode: 403 },
    });
  });

  it('refuses a revoked key, also after a restart, until it is restored', async () => {
    const whoAmI = (): Promise<unknown> => as('AKIDBAD').send(new GetCallerIdentityCommand({}));
    await sandbox.order('aws/revoke', { accessKeyId: 'AKIDBAD' });
    await sandbox.restart();
    await expect(whoAmI()).rejects.toMatchObject({ name: 'InvalidClientTokenId', $metadata: { httpStatusCode: 403 } });
    expect(await as('AKIDGOOD').send(new GetCallerIdentityCommand({}))).toMatchObject({ UserId: 'AKIDGOOD' });
    await sandbox.order('aws/restore', { accessKeyId: 'AKIDBAD' });
    await expect(whoAmI()).resolves.toBeDefined();
  });
});

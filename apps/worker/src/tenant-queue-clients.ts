import { SQSClient } from '@aws-sdk/client-sqs';
import { Injectable } from '@nestjs/common';
import { AppConfigService } from '@puente/config';
import { EgressGuard } from '@puente/egress';
import { AwsConnection, CredentialVault, withAnswerLimit } from '@puente/integrations';
import { Secret } from '@puente/kernel';
import { sqs } from '@puente/providers/sqs';
import { type QueueBinding, QueueClients, type TenantQueueClient } from '@puente/queue';
import { type OpenedClient, RotatingSqsClient } from './rotating-sqs-client';

/**
 * A tenant's queue is read with the credentials of that tenant's sqs account, the ones its own calls use, and goes on
 * being read while they are rotated.
 */
@Injectable()
export class TenantQueueClients extends QueueClients {
  constructor(
    private readonly vault: CredentialVault,
    private readonly config: AppConfigService,
    private readonly egress: EgressGuard,
  ) {
    super();
  }

  async open(binding: QueueBinding, current: string | undefined): Promise<TenantQueueClient | undefined> {
    const first = await this.connect(binding, current);
    if (!first) return undefined;
    const client = RotatingSqsClient.over(first, {
      isRefusal: (error) => sqs.classify(error).kind === 'unauthorized',
      reopen: (version) => this.connect(binding, version),
    });
    return { client, version: first.version };
  }

  private async connect(binding: QueueBinding, current: string | undefined): Promise<OpenedClient | undefined> {
    const { tenantId, integration } = binding;
    const { secrets, config, externalId, version } = await this.vault.resolve(tenantId, sqs.meta.id, integration);
    if (version === current) return undefined;
    const given = new Secret(sqs.credentials.secrets.parse(secrets.reveal(), { reportInput: false }));
    const connection = AwsConnection.open(given, sqs.credentials.config.parse(config), {
      tenantId,
      externalId,
      installation: this.config.get('ENV'),
      egress: this.egress,
    });
    // Not to whatever host the queue's URL names: the request is signed with the tenant's key.
    const client = withAnswerLimit(new SQSClient({ ...connection.clientConfig, useQueueUrlAsEndpoint: false }));
    return { client: closing(client, connection), version };
  }
}

/** The supervisor destroys the client; the connections and the assumed role behind it go with it. */
function closing(client: SQSClient, connection: AwsConnection): SQSClient {
  const destroy = client.destroy.bind(client);
  client.destroy = () => {
    destroy();
    connection.close();
  };
  return client;
}

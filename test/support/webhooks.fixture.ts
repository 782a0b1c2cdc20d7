import { EventPublisher, PatchEndpointBody, WebhookEndpoints } from '@puente/flows/webhooks';
import { origin, type WorldOptions, WebhooksWorld } from './webhooks-world';

/** One world for the tests of a spec, and in it a tenant of its own for each of them. Call it in a `describe`. */
export function webhooksFixture(options: WorldOptions = {}) {
  let started: WebhooksWorld;
  let tenantId: string;

  beforeAll(async () => {
    started = await WebhooksWorld.start(options);
  });
  beforeEach(async () => {
    tenantId = await started.tenant();
  });
  afterAll(() => started.stop());

  return {
    world: () => started,
    tenant: () => tenantId,
    /** At this path of the receiver, for everything unless `given` says otherwise. */
    endpoint: (path: string, given: object = {}) => started.endpoint(tenantId, path, given),
    see: (id: string) => started.get(WebhookEndpoints).get(tenantId, id),
    patch: (id: string, body: object) =>
      started.get(WebhookEndpoints).patch(tenantId, id, PatchEndpointBody.parse(body), origin),
    /** As `POST /v1/events` does it. */
    publish: (type = 'a.b', given: object = {}) =>
      started.get(EventPublisher).publish({ tenantId, type, data: '{"n":1}', origin: 'api', ...given }),
  };
}

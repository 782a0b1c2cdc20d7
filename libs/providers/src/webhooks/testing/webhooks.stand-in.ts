import type {
  ControlRoute,
  Failure,
  SandboxServices,
  StandIn,
  StandInReply,
  StandInRequest,
} from '@puente/integrations/testing';
import { jsonReply } from '@puente/integrations/testing';
import { z } from 'zod';

const PREFIX = '/_receivers/';
const LOOK_EVERY_MS = 100;
const WaitMs = z.coerce.number().int().min(0).max(30_000).catch(0);

/**
 * Receivers of webhooks: `POST /_receivers/<name>`, any name. They verify nothing and believe everything: what came is
 * written down as it came, headers and bytes, for tests and curious people to verify themselves.
 */
export class WebhooksStandIn implements StandIn {
  readonly id = 'webhooks';
  readonly control: readonly ControlRoute[] = [
    {
      method: 'GET',
      path: 'receivers/{name}',
      summary: 'What came to one receiver, oldest first. ?waitMs=<n> waits for the first.',
      handle: async ({ name, query }) => ({
        status: 200,
        body: await this.at(name, WaitMs.parse(query.get('waitMs'))),
      }),
    },
  ];
  private services: SandboxServices | undefined;

  async start(services: SandboxServices): Promise<void> {
    this.services = services;
  }

  claims({ path }: StandInRequest): boolean {
    return path.startsWith(PREFIX);
  }

  /** `ping` for test events, `deliver` for all others: as the provider calls them. */
  operation({ body }: StandInRequest): string {
    return body.subarray(0, 64).toString('latin1').startsWith('{"type":"ping"') ? 'ping' : 'deliver';
  }

  async handle(request: StandInRequest): Promise<StandInReply> {
    if (!this.services) throw new TypeError('The stand-in has not been started.');
    const { services } = this;
    const received = {
      receiver: decodeURIComponent(request.path.slice(PREFIX.length)),
      method: request.method,
      webhookId: single(request.headers['webhook-id']),
      headers: Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, single(value)])),
      body: request.body.toString('utf8'),
      bodyBase64: request.body.toString('base64'),
    };
    await services.effects.record(this.id, this.operation(request), received, services.clock.offsetMs(this.id));
    return jsonReply(200, { received: true });
  }

  private async at(receiver: string, waitMs: number): Promise<readonly unknown[]> {
    const until = performance.now() + waitMs;
    for (;;) {
      const all = (await this.services?.effects.list(this.id)) ?? [];
      const own = all.filter((one) => one.receiver === receiver);
      if (own.length > 0 || performance.now() >= until) return own;
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
  }

  failure(_request: StandInRequest, { status, code, message }: Failure): StandInReply {
    return jsonReply(status, { code: code ?? String(status), message: message ?? 'By order of the sandbox.' });
  }
}

function single(value: string | string[] | undefined): string | null {
  return (Array.isArray(value) ? value.join(', ') : value) ?? null;
}

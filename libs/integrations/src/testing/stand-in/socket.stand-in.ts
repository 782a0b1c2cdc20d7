import { jsonReply } from './stand-in-http';
import type { Failure, SandboxServices, StandIn, StandInReply, StandInRequest } from './stand-in.port';

/**
 * A stand-in whose protocol is not HTTP: it has a port of its own, and only its control plane is on the host's. It takes
 * its faults itself, from {@link SandboxServices.faults}.
 */
export abstract class SocketStandIn implements StandIn {
  abstract readonly id: string;

  abstract start(services: SandboxServices): Promise<void>;
  abstract stop(): Promise<void>;

  claims(): boolean {
    return false;
  }

  operation(): string {
    return '';
  }

  async handle(request: StandInRequest): Promise<StandInReply> {
    return this.failure(request, { status: 404 });
  }

  failure(_request: StandInRequest, { status, message }: Failure): StandInReply {
    return jsonReply(status, { error: message ?? `${this.id} does not speak HTTP.` });
  }
}

import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SystemClock } from '@puente/kernel';
import { ControlPlane } from './control-plane';
import { EffectsLog } from './effects-log';
import { FaultBook } from './faults';
import type { Exchanged } from './faulty-exchange';
import { apply, misbehave } from './faulty-exchange';
import { SandboxClock } from './sandbox-clock';
import { SandboxDatabase } from './sandbox-database';
import { jsonReply, readRequest, resetConnection, StandInBodyTooLargeError, writeReply } from './stand-in-http';
import type { SandboxPart, SandboxServices, StandIn, StandInRequest } from './stand-in.port';
import { isStandIn } from './stand-in.port';

export interface StandInHostOptions {
  /** PostgreSQL, a database of its own: the stand-ins create their tables in it. */
  readonly databaseUrl: string;
  /** 0 takes a free port. */
  readonly port: number;
  readonly parts: readonly SandboxPart[];
}

/**
 * The one HTTP server all HTTP stand-ins share (DESIGN §8). It listens on loopback only, asks each stand-in whether a
 * request is its own, carries out the faults ordered for it, and serves the control plane under `/_sandbox`.
 *
 * One host per database: order inside a FIFO queue is kept by this process, the port is its lock.
 */
export class StandInHost {
  private readonly server: Server;
  private readonly standIns: readonly StandIn[];
  private readonly control: ControlPlane;
  private readonly time = new SystemClock();
  /** Ends with a reset or a stop, and with it every delayed answer and late effect. */
  private era = new AbortController();

  private constructor(
    private readonly options: StandInHostOptions,
    private readonly services: SandboxServices,
    private readonly faults: FaultBook,
  ) {
    this.standIns = options.parts.filter(isStandIn);
    this.control = new ControlPlane({ parts: options.parts, services, faults, reset: () => this.reset() });
    this.server = createServer((incoming, response) => void this.serve(incoming, response));
    // A client's pool must not find its idle connection closed: real services keep them longer than clients do.
    this.server.keepAliveTimeout = 75_000;
  }

  /** Creates the tables, starts every part and listens. Throws when the port is taken or the database is away. */
  static async start(options: StandInHostOptions): Promise<StandInHost> {
    const database = new SandboxDatabase(options.databaseUrl);
    const clock = new SandboxClock(database);
    const faults = new FaultBook();
    let host: StandInHost | undefined;
    const services: SandboxServices = {
      database,
      clock,
      effects: new EffectsLog(database),
      faults,
      url: () => host?.url ?? '',
    };
    try {
      const schemas = [SandboxClock.schema, EffectsLog.schema, ...options.parts.map((part) => part.schema ?? '')];
      await database.run(schemas.join('\n'));
      await clock.load();
      for (const part of options.parts) await part.start?.(services);
      host = new StandInHost(options, services, faults);
      await host.listen(options.port);
      return host;
    } catch (error) {
      for (const part of options.parts) await part.stop?.();
      await database.close();
      throw error;
    }
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** `http://127.0.0.1:<port>`: the endpoint for an SDK. */
  get url(): string {
    return `http://127.0.0.1:${String(this.port)}`;
  }

  /** As `POST /_sandbox/reset`. */
  async reset(): Promise<void> {
    this.era.abort();
    this.era = new AbortController();
    const tables = ['sandbox_clocks', 'sandbox_effects', ...this.options.parts.flatMap((part) => part.tables ?? [])];
    await this.services.database.query(`TRUNCATE ${tables.join(', ')} CASCADE`);
    this.faults.clear();
    this.services.clock.reset();
    for (const part of this.options.parts) await part.reset?.();
  }

  /** Lets go of long polls, answers what is under way, and closes. */
  async stop(): Promise<void> {
    this.era.abort();
    this.faults.release();
    for (const part of this.options.parts) await part.stop?.();
    await this.closeServer();
    await this.services.database.close();
  }

  private listen(port: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(port, '127.0.0.1', () => {
        this.server.off('error', reject);
        resolve();
      });
    });
  }

  private closeServer(): Promise<void> {
    if (!this.server.listening) return Promise.resolve();
    return new Promise((resolve) => {
      // A connection whose last answer is just leaving is idle a moment later.
      const idle = setInterval(() => this.server.closeIdleConnections(), 20);
      const impatient = setTimeout(() => this.server.closeAllConnections(), 1_000);
      this.server.close(() => {
        clearInterval(idle);
        clearTimeout(impatient);
        resolve();
      });
      this.server.closeIdleConnections();
    });
  }

  private async serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const request = await this.read(incoming, response);
    if (!request) return;
    const answer = await this.answer(request);
    if (answer === 'reset') {
      resetConnection(response);
      return;
    }
    if (await writeReply(response, answer)) return;
    // Nobody took it: a failure to give back is left to the provider's own timeouts, as in real life.
    await answer.undelivered?.().catch(() => undefined);
  }

  private async read(incoming: IncomingMessage, response: ServerResponse): Promise<StandInRequest | undefined> {
    try {
      return await readRequest(incoming, response);
    } catch (error) {
      if (error instanceof StandInBodyTooLargeError)
        await writeReply(response, jsonReply(413, { error: error.message }));
      incoming.destroy();
      return undefined;
    }
  }

  private async answer(request: StandInRequest): Promise<Exchanged> {
    const pages = this.options.parts.find((part) => part.serve && isBelow(`/_sandbox/${part.id}`, request.path));
    if (pages?.serve) return pages.serve(request);
    if (this.control.owns(request)) return this.control.handle(request);
    const standIn = this.standIns.find((candidate) => candidate.claims(request));
    if (!standIn) {
      const known = this.standIns.map(({ id }) => id).join(', ');
      return jsonReply(404, { error: `No stand-in knows ${request.method} ${request.path}. There are: ${known}.` });
    }
    const [operation, { path, body }] = [standIn.operation(request), request];
    const order = this.faults.take(standIn.id, operation, body, path);
    if (!order) return apply(standIn, request);
    return misbehave(standIn, request, order, {
      over: this.era.signal,
      sleep: (ms, over) => this.time.sleep(ms, over),
      held: () => this.faults.hold(standIn.id, { operation, path }),
    });
  }
}

function isBelow(base: string, path: string): boolean {
  return path === base || path.startsWith(`${base}/`);
}

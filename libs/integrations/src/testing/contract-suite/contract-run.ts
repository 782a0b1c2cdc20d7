import { randomUUID } from 'node:crypto';
import type { CancelSignal, Outcome, ProviderCall } from '@puente/kernel';
import { Secret } from '@puente/kernel';
import { LogSink, Redactor, secretTexts } from '@puente/observability';
import type { Redaction } from '@puente/observability';
import { connected } from '../../chain/connected-call';
import { ProviderFaultLog } from '../../chain/provider-fault-log';
import { operationCall, ProviderInvocation } from '../../chain/provider-invocation';
import { ProviderCatalogue } from '../../provider-catalogue';
import { BrokenLine } from './broken-line';
import type { ContractLine } from './contract-line';
import type { ContractSample, ContractSubject, ContractWorld, WireFault } from './contract-subject';
import { loopbackEgress } from './loopback-egress';

/** A call gets this long before a case gives up on it. */
const CALL_MS = 5_000;

export interface CallRequest {
  readonly operation: string;
  readonly input: unknown;
  readonly mode?: ProviderCall['mode'];
  readonly dedupeKey?: string;
  readonly signal?: CancelSignal;
}

/** One case at work: a client behind a line of its own, called the way the gateway calls, by the gateway's own last link. */
export class ContractRun {
  readonly unique = randomUUID();
  /** Log lines the chain wrote about the provider's faults. */
  readonly logged: string[] = [];
  private readonly catalogue: ProviderCatalogue;
  private readonly invocation: ProviderInvocation;
  private readonly client: unknown;
  private readonly redaction: Redaction;
  private isConnected = true;

  private constructor(
    readonly subject: ContractSubject,
    readonly world: ContractWorld,
    readonly line: ContractLine,
    endpoint: string,
    masked: boolean,
  ) {
    const { definition, secrets, config } = subject;
    this.catalogue = new ProviderCatalogue([definition]);
    this.invocation = new ProviderInvocation(this.catalogue, new ProviderFaultLog(new LogOf(this.logged)));
    const { credentials } = this.definition;
    this.client = this.definition.connect(
      new Secret(credentials.secrets.parse(secrets)),
      credentials.config.parse(config(endpoint)),
      { tenantId: randomUUID(), externalId: 'contract-suite', installation: 'contract', egress: loopbackEgress() },
    );
    this.redaction = masked ? new Redactor().hold(secretTexts(secrets)) : transparent;
  }

  /** @param endpoint where the client connects to, when that is not the line */
  static async begin(
    subject: ContractSubject,
    options: { endpoint?: string; masked?: boolean } = {},
  ): Promise<ContractRun> {
    const world = subject.world();
    const line = await (subject.protocol?.line(world.url) ?? BrokenLine.to(world.url));
    const run = new ContractRun(subject, world, line, options.endpoint ?? line.url, options.masked ?? false);
    if (subject.warm && options.endpoint === undefined) await run.warm();
    return run;
  }

  private async warm(): Promise<void> {
    const { probe, credentials } = this.definition;
    this.line.only = 'nothing is counted';
    await this.try({
      operation: probe.operation,
      input: probe.input(credentials.config.parse(this.subject.config(this.line.url))),
      mode: 'probe',
    });
    this.line.only = undefined;
  }

  get definition() {
    const [definition] = this.catalogue.providers;
    if (!definition) throw new TypeError('the catalogue lost its provider');
    return definition;
  }

  /** As when the integration's credentials are replaced. */
  disconnect(): void {
    if (!this.isConnected) return;
    this.isConnected = false;
    this.definition.disconnect?.(this.client);
  }

  async end(): Promise<void> {
    this.disconnect();
    await this.line.close();
    await this.world.clearFaults();
  }

  /** One try of a sample, as the gateway makes it. */
  async call(sample: ContractSample, options: Omit<CallRequest, 'operation' | 'input'> = {}): Promise<Outcome> {
    this.line.only = sample.through?.text;
    return this.try({ operation: sample.operation, input: sample.input(this.unique, this.world), ...options });
  }

  async try(request: CallRequest): Promise<Outcome> {
    return this.invocation.run(
      connected(this.providerCall(request), { client: this.client, redaction: this.redaction }),
    );
  }

  /** What `run` throws, before anything classifies it. */
  async thrownBy(sample: ContractSample): Promise<unknown> {
    this.line.only = sample.through?.text;
    const spec = this.catalogue.operation(this.definition.meta.id, sample.operation);
    const input: unknown = spec.input.parse(sample.input(this.unique, this.world));
    try {
      await spec.run(this.client, input, operationCall(this.providerCall({ operation: sample.operation, input })));
      return undefined;
    } catch (error) {
      return error;
    }
  }

  /** For the next request of this sample that counts. */
  async fault(sample: ContractSample, fault: WireFault): Promise<void> {
    await this.world.fault(sample.through ? { ...fault, operation: sample.through.operation } : fault);
  }

  async effects(sample: ContractSample): Promise<number> {
    return sample.count ? sample.count(this.world) : this.world.effects();
  }

  private providerCall(request: CallRequest): ProviderCall {
    const { operation, mode = 'call', dedupeKey = randomUUID(), signal = AbortSignal.timeout(CALL_MS) } = request;
    const spec = this.catalogue.operation(this.definition.meta.id, operation);
    const input: unknown = spec.input.parse(request.input);
    return {
      tenantId: randomUUID(),
      provider: this.definition.meta.id,
      operation,
      integration: 'default',
      laneKey: 'default',
      effect: typeof spec.effect === 'function' ? spec.effect(input) : spec.effect,
      policy: spec.policy,
      mode,
      input,
      operationId: mode === 'call' ? randomUUID() : undefined,
      dedupeKey,
      repeat: 0,
      attempt: 1,
      waitsInProcess: false,
      signal,
      tries: [],
    };
  }
}

/** Shows what the provider itself lets out: in production the chain masks the tenant's secrets on top of it. */
const transparent: Redaction = {
  clean: (text) => text,
  maskOutput: (output) => output,
};

class LogOf extends LogSink {
  constructor(private readonly lines: string[]) {
    super();
  }

  debug(fields: object, sentence: string): void {
    this.lines.push(JSON.stringify({ ...fields, sentence }));
  }

  info(fields: object, sentence: string): void {
    this.debug(fields, sentence);
  }

  warn(fields: object, sentence: string): void {
    this.debug(fields, sentence);
  }

  error(fields: object, sentence: string): void {
    this.debug(fields, sentence);
  }

  isLevelEnabled(): boolean {
    return true;
  }
}

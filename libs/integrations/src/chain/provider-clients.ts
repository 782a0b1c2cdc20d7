import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { EgressGuard } from '@puente/egress';
import { type Redaction, Redactor, secretTexts, type SharedRedaction } from '@puente/observability';
import type { ConnectContext, ProviderDefinition } from '../provider';
import type { ResolvedCredentials } from '../credential-vault.port';

export interface ConnectSettingsValues {
  /** `ENV`. */
  readonly installation: string;
  readonly egress: EgressGuard;
  readonly platformAws?: ConnectContext['platformAws'];
  readonly maxClients?: number | undefined;
}

/** What every `connect` of this installation may know. Given by the app through {@link IntegrationsModule}. */
export class ConnectSettings {
  readonly installation: string;
  readonly egress: EgressGuard;
  readonly platformAws: ConnectContext['platformAws'];
  /** Connected clients are sockets and memory; a tenant that calls again after so many others connects again. */
  readonly maxClients: number;

  constructor(values: ConnectSettingsValues) {
    this.installation = values.installation;
    this.egress = values.egress;
    this.platformAws = values.platformAws;
    this.maxClients = values.maxClients ?? 500;
  }

  /** The same for every tenant: what is left of a {@link ConnectContext} when the tenant's own is taken away. */
  get shared(): Omit<ConnectContext, 'tenantId' | 'externalId'> {
    const { installation, egress, platformAws } = this;
    return { installation, egress, platformAws };
  }
}

/** Whose client it is. */
export interface ClientOwner {
  readonly tenantId: string;
  readonly provider: string;
  readonly integration: string;
}

export interface LeasedClient {
  readonly client: unknown;
  /** Masks what the client was connected with; held until the release. */
  readonly redaction: Redaction;
  /** Say so when the call has ended: a client that left the cache is disconnected after its last call. */
  release(): void;
}

interface Entry {
  readonly version: string;
  readonly config: ResolvedCredentials['config'];
  readonly client: unknown;
  readonly redaction: SharedRedaction;
  readonly disconnect: () => void;
  users: number;
  evicted: boolean;
}

/**
 * One client per tenant, provider and integration, kept while its credentials stay the same: connections are reused, and
 * a new version of the credentials is in use from the next call on, while calls under the old one end in peace.
 */
@Injectable()
export class ProviderClients implements OnApplicationShutdown {
  private readonly entries = new Map<string, Entry>();
  private newest: Entry | undefined;

  constructor(
    private readonly settings: ConnectSettings,
    private readonly redactor: Redactor,
  ) {}

  /** @throws what the provider's `connect` throws: the credentials are not usable as they are */
  lease(definition: ProviderDefinition, owner: ClientOwner, credentials: ResolvedCredentials): LeasedClient {
    const key = keyOf(owner);
    const known = this.entries.get(key);
    const entry = known?.version === credentials.version ? known : this.connect(definition, owner, credentials);
    if (entry !== known && known) evict(known);
    if (entry !== this.newest) {
      // Set again also when it was there: the map's order is the order of use.
      this.entries.delete(key);
      this.entries.set(key, entry);
      this.newest = entry;
      this.trim();
    }
    entry.users += 1;
    entry.redaction.hold();
    let released = false;
    return {
      client: entry.client,
      redaction: entry.redaction,
      release: () => {
        if (!released) leave(entry);
        released = true;
      },
    };
  }

  /** Whether a call of this owner found usable credentials not long ago. */
  has(owner: ClientOwner): boolean {
    return this.entries.has(keyOf(owner));
  }

  /** The configuration that the last call of this owner was made with; undefined when there was none for long. */
  configOf(owner: ClientOwner): ResolvedCredentials['config'] | undefined {
    return this.entries.get(keyOf(owner))?.config;
  }

  onApplicationShutdown(): void {
    for (const entry of this.entries.values()) evict(entry);
    this.entries.clear();
    this.newest = undefined;
  }

  private connect(definition: ProviderDefinition, owner: ClientOwner, credentials: ResolvedCredentials): Entry {
    const { secrets, config, externalId, version } = credentials;
    const context = { tenantId: owner.tenantId, externalId, ...this.settings.shared };
    const redaction = this.redactor.share(secretTexts(secrets.reveal()));
    redaction.hold();
    try {
      const client = definition.connect(secrets, config, context);
      const disconnect = (): void => definition.disconnect?.(client);
      return { version, config, client, redaction, users: 0, evicted: false, disconnect };
    } finally {
      redaction.release();
    }
  }

  private trim(): void {
    for (const [key, entry] of this.entries) {
      if (this.entries.size <= this.settings.maxClients) return;
      this.entries.delete(key);
      evict(entry);
    }
  }
}

function evict(entry: Entry): void {
  entry.evicted = true;
  if (entry.users === 0) entry.disconnect();
}

function leave(entry: Entry): void {
  entry.users -= 1;
  entry.redaction.release();
  if (entry.evicted && entry.users === 0) entry.disconnect();
}

/** Neither the id of a tenant nor that of a provider has a space in it. */
function keyOf({ tenantId, provider, integration }: ClientOwner): string {
  return `${tenantId} ${provider} ${integration}`;
}

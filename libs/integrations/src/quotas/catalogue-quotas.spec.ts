import { type AnswerHead, type ProviderCall, Secret } from '@puente/kernel';
import { Redactor } from '@puente/observability';
import type { CallQuota } from '@puente/resilience';
import { ConnectSettings, ProviderClients } from '../chain/provider-clients';
import { CredentialVault, type ResolvedCredentials } from '../credential-vault.port';
import { echo } from '../echo-provider.fixture';
import type { AnyProvider, RateLimitSpec } from '../provider';
import { ProviderCatalogue } from '../provider-catalogue';
import { loopbackEgress } from '../testing/contract-suite';
import { CatalogueQuotas } from './catalogue-quotas';

const limit: RateLimitSpec = {
  limite: 'Por minuto',
  quota: 60,
  windowMs: 60_000,
  per: 'credential',
  accion: 'Esperar',
};

const call = {
  ...{ provider: 'echo', operation: 'send', mode: 'call', tenantId: 't-1', integration: 'default', input: {} },
} as ProviderCall;
const settings = new ConnectSettings({ installation: 'test', egress: loopbackEgress() });
const clients = (): ProviderClients => new ProviderClients(settings, new Redactor());

const url = 'https://echo.test';

/** One integration, whose configuration may change; counts how often it was read. */
class OneVault extends CredentialVault {
  reads = 0;
  version = 1;
  config: Readonly<Record<string, unknown>> | undefined = { url };

  async resolve(): Promise<ResolvedCredentials> {
    this.reads += 1;
    if (!this.config) throw new Error('there are none');
    const { config, version } = this;
    const secrets = new Secret({ apiKey: 'key-0123456789' });
    return { secrets, config, version: String(version), externalId: '', provenance: {} };
  }
}

function limitedTo(limits: readonly RateLimitSpec<Record<string, unknown>>[]): ProviderCatalogue {
  return new ProviderCatalogue([{ ...(echo as AnyProvider), limits } as AnyProvider]);
}

function quotasWith(limits: readonly RateLimitSpec[], over: Partial<ProviderCall> = {}): readonly CallQuota[] {
  const quotas = new CatalogueQuotas(limitedTo(limits), clients(), new OneVault()).of({ ...call, ...over });
  if ('then' in quotas) throw new TypeError('had to read something first');
  return quotas;
}

const headOf = (headers: AnswerHead['headers'], status = 200): AnswerHead => ({ status, headers });

describe('the quotas of a call', () => {
  it('are one per credential or one for all, and each has its own key', () => {
    const keys = (over: Partial<ProviderCall>) =>
      quotasWith([limit, { ...limit, per: 'global' }], over).map(({ key }) => key);

    expect(keys({})).toEqual(['echo:0:t-1:default', 'echo:1:*']);
    expect(keys({ tenantId: 't-2', integration: 'second' })).toEqual(['echo:0:t-2:second', 'echo:1:*']);
  });

  it('are those that count the operation; a question uses nothing of a limit by operation', () => {
    const limits = [limit, { ...limit, operations: ['pay'] }, { ...limit, operations: [] }, { ...limit, windowMs: 0 }];
    const counted = (over: Partial<ProviderCall>) => quotasWith(limits, over).map(({ key }) => key.split(':')[1]);

    expect(counted({ operation: 'send' })).toEqual(['0']);
    expect(counted({ operation: 'pay' })).toEqual(['0', '1']);
    expect(counted({ operation: 'pay', mode: 'reconcile' })).toEqual(['0']);
  });

  it('cost what the definition says of the input, are counted apart where it says so, and may cost nothing', () => {
    const entries = (input: { entries: string[] }) => input.entries.length;
    const of = (input: { entries: string[] }) => input.entries[0] ?? '';
    const batch = (...given: string[]) => quotasWith([{ ...limit, cost: entries, of }], { input: { entries: given } });

    expect(batch('a', 'b', 'c')).toMatchObject([{ cost: 3 }]);
    expect(batch('a')[0]?.key).not.toBe(batch('b')[0]?.key);
    expect(batch('x'.repeat(10_000))[0]?.key.length).toBeLessThanOrEqual(255);
    expect(quotasWith([{ ...limit, cost: () => 0, headers: false }])).toEqual([]);
  });

  describe('and what answers say of them', () => {
    const word = { 'x-ratelimit-limit': '60', 'x-ratelimit-remaining': '12', 'x-ratelimit-reset': '9' };

    it('is the first limit’s, unless it names its window', () => {
      const daily = { ...limit, windowMs: 86_400_000 };
      const [minute, day] = quotasWith([limit, daily]);
      const both = {
        'ratelimit-policy': '"a";q=60;w=60,"b";q=900;w=86400',
        ratelimit: '"a";r=1;t=5,"b";r=2;t=50',
      };

      expect([minute?.told?.(headOf(word)), day?.told?.(headOf(word))]).toMatchObject([{ remaining: 12 }, undefined]);
      expect([minute?.told?.(headOf(both)), day?.told?.(headOf(both))]).toMatchObject([
        { remaining: 1 },
        { remaining: 2, resetsInMs: 50_000 },
      ]);
    });

    it('is read from the names the definition gives, or not at all', () => {
      const [own] = quotasWith([{ ...limit, headers: { remaining: 'x-left' } }]);
      const [none] = quotasWith([{ ...limit, headers: false }]);

      expect(own?.told?.(headOf({ ...word, 'x-left': '4' }))).toMatchObject({ remaining: 4 });
      expect(none?.told).toBeUndefined();
    });

    it('counts also for a provider that declares no limit', () => {
      const [untold] = quotasWith([]);
      expect(untold).toMatchObject({ windowMs: 0, key: 'echo:-:t-1:default' });
      expect(untold?.told?.(headOf(word))).toMatchObject({ remaining: 12, limit: 60, resetsInMs: 9_000 });
    });

    it.each([
      ['seconds', '7', { remaining: 0, resetsInMs: 7_000 }],
      ['a date', 'Mon, 23 Nov 2026 12:00:09 GMT', { remaining: 0, resetsInMs: 9_000 }],
      ['ten years', '315360000', { remaining: 0, resetsInMs: 900_000 }],
      ['a negative time', '-5', { remaining: 12 }],
      ['nothing', '0', { remaining: 12 }],
    ])('a 429 with a Retry-After of %s', (_, after, expected) => {
      const headers = { ...word, 'retry-after': after, date: 'Mon, 23 Nov 2026 12:00:00 GMT' };
      expect(quotasWith([limit])[0]?.told?.(headOf(headers, 429))).toMatchObject(expected);
    });

    it('is not a Retry-After of anything but a 429', () => {
      expect(quotasWith([limit])[0]?.told?.(headOf({ 'retry-after': '7' }, 503))).toBeUndefined();
    });
  });

  describe('that an integration sets for itself', () => {
    const own = { ...limit, quotaOf: ({ perMinute }: Record<string, unknown>) => perMinute as number | undefined };
    const catalogue = limitedTo([own]);
    let vault: OneVault;
    let connected: ProviderClients;
    let quotas: CatalogueQuotas;

    beforeEach(() => {
      vault = new OneVault();
      connected = clients();
      quotas = new CatalogueQuotas(catalogue, connected, vault);
    });

    /** As the link of the chain that connects. */
    const make = async (): Promise<void> => {
      const owner = { tenantId: 't-1', provider: 'echo', integration: 'default' };
      connected.lease(catalogue.get('echo'), owner, await vault.resolve()).release();
    };

    it('are read before its first call, and known from its last one afterwards', async () => {
      vault.config = { url, perMinute: 7 };
      expect(await quotas.of(call)).toMatchObject([{ limit: 7, chosen: true, key: 'echo:0:t-1:default:7' }]);
      expect(quotas.of(call)).toMatchObject([{ limit: 7 }]);
      expect(vault.reads).toBe(1);

      vault.config = { url, perMinute: 9 };
      vault.version = 2;
      expect(quotas.of(call)).toMatchObject([{ limit: 7 }]);
      await make();
      expect(quotas.of(call)).toMatchObject([{ limit: 9, key: 'echo:0:t-1:default:9' }]);
      expect(quotas.of(call)).toBe(quotas.of(call));
    });

    it('are none when it sets none, or when its credentials cannot be read', async () => {
      expect(await quotas.of(call)).toEqual([]);
      vault.config = undefined;
      expect(await quotas.of({ ...call, integration: 'another' })).toEqual([]);
    });

    it('cannot be shared by all', () => {
      expect(() => limitedTo([{ ...own, per: 'global' }])).toThrow('is not per credential');
    });
  });

  it('are refused when a definition counts what it does not have, or in parts of seconds', () => {
    expect(() => quotasWith([{ ...limit, operations: ['sned'] }])).toThrow('counts sned, which is no operation');
    expect(() => quotasWith([{ ...limit, windowMs: 1_500 }])).toThrow('in whole seconds');
  });
});

import { Secret } from '@puente/kernel';
import fc from 'fast-check';
import { RULES } from '../../../../test/support/tenancy.fixture';
import type { CredentialRules } from '../ports/credential-catalogue.port';
import { type CredentialPart, type Fields, resolveCredentials } from './resolve-credentials';

const rules = (provider: string): CredentialRules => RULES.find((known) => known.provider === provider)!;
const part = (secrets: Fields, config: Fields = {}): CredentialPart => ({ secrets: new Secret(secrets), config });
const ours = part({ apiKey: 'ours-12345', pin: 'ours-pin' }, { host: 'ours.test', sender: 'us', region: 'eu' });

describe('resolveCredentials', () => {
  it('tenant: takes nothing from the platform, whatever is missing (T06)', () => {
    const nothing = resolveCredentials(rules('acme'), undefined, ours);
    const half = resolveCredentials(rules('acme'), part({ webhookSecret: 'w' }), ours);

    expect(nothing).toMatchObject({ kind: 'incomplete', fields: ['secrets.apiKey'] });
    expect(half).toMatchObject({ kind: 'incomplete', fields: ['secrets.apiKey'] });
    const careless = { ...rules('acme'), globalFields: ['apiKey', 'host'] };
    expect(resolveCredentials(careless, undefined, part({ apiKey: 'ours-12345' }))).toMatchObject({
      kind: 'incomplete',
    });
  });

  it('global: takes nothing from the tenant', () => {
    const resolution = resolveCredentials(rules('bulk'), part({ apiKey: 'theirs' }), part({ apiKey: 'ours' }));
    expect(revealed(resolution)).toEqual({ apiKey: 'ours' });
  });

  it('hybrid: field by field, and says whose each one is', () => {
    const resolution = resolveCredentials(rules('mixed'), part({ pin: '1234' }, { sender: 'Andes' }), ours);

    expect(revealed(resolution)).toEqual({ apiKey: 'ours-12345', pin: '1234' });
    expect(resolution).toMatchObject({
      config: { host: 'ours.test', sender: 'Andes' },
      provenance: { apiKey: 'global', pin: 'tenant', host: 'global', sender: 'tenant' },
    });
  });

  it('hybrid: lends only the fields that are declared', () => {
    const resolution = resolveCredentials(rules('mixed'), part({}), ours);

    expect(revealed(resolution)).toEqual({ apiKey: 'ours-12345' });
    expect(resolution).not.toHaveProperty('config.region');
  });

  it('hybrid: our secrets do not go to a host that the tenant chose (T12)', () => {
    const stolen = resolveCredentials(rules('mixed'), part({}, { host: 'attacker.test' }), ours);
    const own = resolveCredentials(rules('mixed'), part({ apiKey: 'theirs' }, { host: 'their.test' }), ours);
    const same = resolveCredentials(rules('mixed'), part({}, { host: 'ours.test' }), ours);

    expect(stolen).toEqual({ kind: 'incomplete', fields: ['secrets.apiKey'], rebound: true });
    expect(revealed(own)).toEqual({ apiKey: 'theirs' });
    expect(revealed(same)).toEqual({ apiKey: 'ours-12345' });
  });

  it('hybrid: never pairs one of our secrets with a host of the tenant, whatever the tenant stores', () => {
    const value = fc.option(fc.constantFrom('theirs-1', 'theirs-2', 'ours.test', ''), { nil: undefined });
    fc.assert(
      fc.property(value, value, value, value, (apiKey, pin, host, sender) => {
        const resolution = resolveCredentials(rules('mixed'), part({ apiKey, pin }, { host, sender }), ours);
        if (resolution.kind === 'incomplete') return;
        const oursIsUsed = Object.values(resolution.secrets.reveal()).some((secret) =>
          String(secret).startsWith('ours-'),
        );
        if (oursIsUsed) expect(resolution.config.host).toBe('ours.test');
      }),
    );
  });

  it('fills in the defaults of the schema and hides the secrets', () => {
    const resolution = resolveCredentials(rules('acme'), part({ apiKey: 'theirs-123' }));

    expect(resolution).toMatchObject({ kind: 'usable', config: { host: 'https://api.acme.test' } });
    expect(JSON.stringify(resolution)).not.toContain('theirs-123');
  });

  it('does not take an inherited member for a field', () => {
    const polluted = Object.create({ apiKey: 'inherited-1' }) as Fields;
    expect(resolveCredentials(rules('acme'), part(polluted))).toMatchObject({ kind: 'incomplete' });
  });
});

function revealed(resolution: ReturnType<typeof resolveCredentials>): unknown {
  return resolution.kind === 'usable' ? resolution.secrets.reveal() : resolution;
}

import { InvalidConfigError, loadConfig } from './app-config';

const complete = {
  DATABASE_APP_URL: 'postgres://puente_app:x@127.0.0.1/puente',
  DATABASE_DISPATCH_URL: 'postgres://puente_dispatch:x@127.0.0.1/puente',
  DATABASE_AUTH_URL: 'postgres://puente_auth:x@127.0.0.1/puente',
};

describe('loadConfig', () => {
  it('fills in defaults, takes empty as unset and freezes the result', () => {
    const config = loadConfig({ ...complete, API_URL: '', NOTIFICATIONS_QUEUE_URLS: ' http://a/1/q.fifo, ' });

    expect(config.PORT).toBe(3000);
    expect(config.API_URL).toBeUndefined();
    expect(config.NOTIFICATIONS_QUEUE_URLS).toEqual(['http://a/1/q.fifo']);
    expect(Object.isFrozen(config)).toBe(true);
  });

  it('reads a switch as true only from the word true', () => {
    const flag = (FUNCTION_NAMES_INCLUDE_ENV: string) =>
      loadConfig({ ...complete, FUNCTION_NAMES_INCLUDE_ENV }).FUNCTION_NAMES_INCLUDE_ENV;

    expect([flag(''), flag('false'), flag('true')]).toEqual([false, false, true]);
    expect(() => flag('yes')).toThrow(/FUNCTION_NAMES_INCLUDE_ENV: /);
  });

  it('names every bad variable and what was expected, never the value', () => {
    const secret = 'mysql://root:hunter2@db/puente';
    const load = (): unknown => loadConfig({ ...complete, DATABASE_APP_URL: secret, PORT: 'hunter3', LEASE_MS: '0' });

    expect(load).toThrow(InvalidConfigError);
    expect(load).toThrow(/DATABASE_APP_URL: expected a postgres:\/\/ URL/);
    expect(load).toThrow(/PORT: /);
    expect(load).toThrow(/LEASE_MS: /);
    expect(load).not.toThrow(/hunter/);
  });

  it('reads networks and ports that tenants may reach, and says which entry is none', () => {
    const load = (EGRESS_ALLOWED_CIDRS: string, EGRESS_PORTS = '') =>
      loadConfig({ ...complete, EGRESS_ALLOWED_CIDRS, EGRESS_PORTS });

    expect(load('')).toMatchObject({ EGRESS_ALLOWED_CIDRS: [], EGRESS_PORTS: [443, 8443] });
    expect(load('10.20.0.0/16, fd12::/48', '443, 9443')).toMatchObject({
      EGRESS_ALLOWED_CIDRS: ['10.20.0.0/16', 'fd12::/48'],
      EGRESS_PORTS: [443, 9443],
    });
    for (const bad of ['0.0.0.0/0', '::/0', '10.0.0.1/8', '10.0.0.0', 'all', '::ffff:10.0.0.0/104', '10.0.0.0/33'])
      expect(() => load(`127.0.0.0/8,${bad}`)).toThrow(/EGRESS_ALLOWED_CIDRS: entry 2 is not the CIDR of a network/);
    for (const bad of ['0', '65536', 'https', '443,', '-1']) expect(() => load('', bad)).toThrow(/EGRESS_PORTS/);
  });

  it('wants a standard queue for dispatch mode sqs', () => {
    const load = (DISPATCH_QUEUE_URL: string) => () =>
      loadConfig({ ...complete, DISPATCH_MODE: 'sqs', DISPATCH_QUEUE_URL });

    expect(load('')).toThrow(/DISPATCH_QUEUE_URL: is required and not set/);
    expect(load('https://sqs.us-east-1.amazonaws.com/1/q.fifo')).toThrow(/expected the URL of a standard queue/);
    expect(load('https://sqs.us-east-1.amazonaws.com/1/q')().DISPATCH_MODE).toBe('sqs');
  });

  it('says which variable is missing', () => {
    expect(() => loadConfig({})).toThrow(/DATABASE_APP_URL: is required and not set/);
  });
});

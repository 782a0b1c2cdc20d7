import type { AppConfigService } from '@puente/config';
import { TooManyFailuresError } from '../http/http-errors';
import { AuthFailures } from './auth-failures';

const key = (prefix: string, secret = 'secret') => `pnt_test_${prefix}_${secret}`;

describe('AuthFailures (T29)', () => {
  let failures: AuthFailures;

  beforeEach(() => {
    failures = new AuthFailures({ get: () => 30 } as unknown as AppConfigService);
  });

  const fail = async (times: number, address: string, token: (at: number) => string): Promise<void> => {
    for (let at = 0; at < times; at += 1) await failures.failed(address, token(at));
  };

  it('stops an address that tries one prefix after the other, and says for how long', async () => {
    await fail(29, '10.0.0.1', (at) => key(`p${String(at)}`));
    await expect(failures.check('10.0.0.1', key('next'))).resolves.toBeUndefined();
    await fail(1, '10.0.0.1', () => '');

    const stopped = failures.check('10.0.0.1', key('next'));
    await expect(stopped).rejects.toThrow(TooManyFailuresError);
    await expect(stopped).rejects.toMatchObject({ retryAfterMs: expect.any(Number) });
  });

  it('stops who tries secrets for one prefix a good deal sooner', async () => {
    await fail(3, '10.0.0.1', (at) => key('known', String(at)));

    await expect(failures.check('10.0.0.1', key('known'))).rejects.toThrow(TooManyFailuresError);
    await expect(failures.check('10.0.0.1', key('other'))).resolves.toBeUndefined();
  });

  it('lets in from the same address who had the right key before, and everybody from elsewhere', async () => {
    failures.succeeded(key('good'));
    await fail(100, '10.0.0.1', (at) => key(`p${String(at)}`));

    await expect(failures.check('10.0.0.1', key('good'))).resolves.toBeUndefined();
    await expect(failures.check('10.0.0.2', key('next'))).resolves.toBeUndefined();
  });
});

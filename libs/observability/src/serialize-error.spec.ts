import { AppError } from '@puente/kernel';
import { serializeError } from './serialize-error';

class SampleError extends AppError {
  readonly code = 'SAMPLE_FAILED';
}

describe('serializeError', () => {
  it('shows name, code, message, frames and causes', () => {
    const cause = Object.assign(new TypeError('fetch failed'), { code: 'ECONNREFUSED' });
    const shown = serializeError(new SampleError('Could not do it', { cause }));

    expect(shown).toMatchObject({ name: 'SampleError', code: 'SAMPLE_FAILED', message: 'Could not do it' });
    expect(shown.stack?.[0]).toMatch(/^at /);
    expect(shown.cause).toMatchObject({ name: 'TypeError', code: 'ECONNREFUSED' });
  });

  it('never looks at the request, the response or the row an error carries with it (T16)', () => {
    const canary = 'hunter2-hunter2';
    const error = Object.assign(new Error('Request failed'), {
      request: { headers: { authorization: canary } },
      config: { auth: canary },
      $response: { body: canary },
      detail: `Key (secret)=(${canary}) already exists`,
      parameters: [canary],
      cause: Object.assign(new Error('inner'), { response: { data: canary } }),
    });

    expect(JSON.stringify(serializeError(error))).not.toContain(canary);
  });

  it('ends: a cause that is its own cause, a thrown string, an endless message', () => {
    const circular = new Error('a');
    circular.cause = circular;

    expect(JSON.stringify(serializeError(circular)).match(/"message":"a"/g)).toHaveLength(4);
    expect(serializeError('secret text')).toEqual({ name: 'NotAnError', message: 'string' });
    expect(serializeError(new Error('x'.repeat(1_000_000))).message.length).toBeLessThanOrEqual(2_000);
  });
});

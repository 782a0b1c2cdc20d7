import { randomUUID } from 'node:crypto';
import { control, sandboxFacts } from '../support/sandbox';
import { bodyOf, type Problem, statusAndCode } from '../support/sandbox-client';
import { SandboxTenant } from '../support/sandbox-tenant';
import { until } from '../support/sandbox-until';

interface Invocation {
  readonly functionName: string;
  readonly invocationType: string;
  readonly payload: string;
  readonly clientContext: { readonly custom: Readonly<Record<string, string>> };
}

describe('functions of a tenant on AWS Lambda', () => {
  let tenant: SandboxTenant;
  const invoke = (body: object | string) => tenant.client.post('/v1/integrations/lambda/operations/invoke', body);
  const received = async (mark: string) => {
    const all = bodyOf<Invocation[]>(await control().get('/_sandbox/lambda/received'), 200);
    return all.filter(({ payload }) => payload.includes(mark));
  };

  beforeAll(async () => {
    tenant = await SandboxTenant.create(sandboxFacts());
    await tenant.register('lambda');
  });

  it.each([
    ['RequestResponse', 200],
    ['Event', 202],
  ])('are called as %s by name and environment, or by whole name, with the payload unchanged', async (type, status) => {
    const mark = randomUUID();
    const payload = `{"zeta":"${mark}","alfa":[1.5,null,"Señora Núñez 🎉\\n"]}`;
    const operations: string[] = [];
    for (const name of ['"finalitix-contact"', '"finalitix-contact-sandbox","nameIncludesEnv":true']) {
      const answer = await invoke(`{"functionName":${name},"invocationType":"${type}","payload":${payload}}`);
      const { operationId, output } = bodyOf<{ operationId: string; output: object }>(answer, 200);
      operations.push(operationId);
      expect(output).toMatchObject({ statusCode: status, functionName: 'finalitix-contact-sandbox' });
      expect('payload' in output).toBe(type === 'RequestResponse');
    }
    expect(await received(mark)).toMatchObject(
      operations.map((id) => ({
        functionName: 'finalitix-contact-sandbox',
        invocationType: type,
        payload,
        clientContext: { custom: { puente_operation_id: id } },
      })),
    );
  });

  it('say themselves why they failed, once, and are not called again', async () => {
    const mark = randomUUID();
    const error = { type: 'ValueError', message: `contact ${mark} has no e-mail` };
    await control().put(`/_sandbox/lambda/functions/fails-${mark}-sandbox`, { error });

    const answer = await invoke({ functionName: `fails-${mark}`, payload: { mark } });

    expect(statusAndCode(answer)).toEqual([422, 'PROVIDER_REJECTED']);
    const { detail, operationId } = answer.body as Problem;
    expect(detail).toContain(`ValueError: contact ${mark} has no e-mail`);
    expect(bodyOf(await tenant.client.get(`/v1/operations/${operationId ?? ''}`), 200)).toMatchObject({
      state: 'rejected',
      providerCode: 'FUNCTION_ERROR',
    });
    expect(await received(mark)).toHaveLength(1);
  });

  it('whose answer was lost are not called again: a person decides', async () => {
    const mark = randomUUID();
    await control().post('/_sandbox/lambda/faults', { operation: 'Invoke', match: mark, reset: 'after' });

    const answer = await invoke({ functionName: 'finalitix-notifications', payload: { mark } });

    const { operationId } = bodyOf<{ operationId: string }>(answer, 202);
    await until(
      async () => (await tenant.client.get(`/v1/operations/${operationId}`)).text.includes('"needs_review"'),
      { withinMs: 20_000, what: 'the operation is in review' },
    );
    expect(await received(mark)).toHaveLength(1);
  });

  it('do not get a number that lost digits on the way', async () => {
    const answer = await invoke('{"functionName":"finalitix-contact","payload":{"account":9007199254740993}}');

    expect(answer.status).toBe(422);
    expect((answer.body as Problem).errors).toMatchObject([{ path: 'payload' }]);
  });
});

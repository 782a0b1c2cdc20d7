import { EgressAddressRefusedError, EgressUrlRefusedError } from '@puente/egress';
import { createLogSink, Metrics, Redactor } from '@puente/observability';
import { EgressLog } from './egress-log';

describe('EgressLog', () => {
  it('counts refusals by code, and says of a connection where it would have led', async () => {
    const lines: string[] = [];
    const metrics = new Metrics();
    const destination = { write: (line: string) => void lines.push(line) };
    const sink = createLogSink({ service: 'test', level: 'info', redactor: new Redactor(), destination });
    const log = new EgressLog(sink, metrics);

    log.notSaved(new EgressUrlRefusedError('it must begin with https://'));
    const hooks = { protocol: 'https:', host: 'hooks.example', port: 443 };
    log.notConnected(hooks, new EgressAddressRefusedError('hooks.example'));

    expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject([
      { event: 'egress.refused', host: 'hooks.example', port: 443, code: 'EGRESS_ADDRESS_REFUSED' },
    ]);
    const text = await metrics.registry.metrics();
    expect(text).toContain('puente_egress_refusals_total{at="save",code="EGRESS_URL_REFUSED"} 1');
    expect(text).toContain('puente_egress_refusals_total{at="connect",code="EGRESS_ADDRESS_REFUSED"} 1');
  });
});

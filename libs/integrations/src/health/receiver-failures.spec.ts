import { type ProviderCall, unknown } from '@puente/kernel';
import { createLogSink, ProviderCallLog, Redactor } from '@puente/observability';
import { echo } from '../echo-provider.fixture';
import type { AnyProvider } from '../provider';
import { ProviderCatalogue } from '../provider-catalogue';
import { ReceiverFailures } from './receiver-failures';

it('a provider whose other side are servers of strangers says so, and the log warns of their failures', () => {
  const levels: unknown[] = [];
  const destination = { write: (line: string) => void levels.push((JSON.parse(line) as { level: unknown }).level) };
  const log = new ProviderCallLog(
    createLogSink({ service: 'test', level: 'info', redactor: new Redactor(), destination }),
  );
  const hooks = { ...echo, meta: { ...echo.meta, id: 'hooks', code: 'INT-998' }, monitoring: { receivers: true } };
  new ReceiverFailures(new ProviderCatalogue([echo as AnyProvider, hooks as AnyProvider]), log).onModuleInit();

  for (const provider of ['echo', 'hooks'])
    log.failed({ call: { provider } as ProviderCall, failure: unknown('timeout'), attempt: 1, durationMs: 1 });

  expect(levels).toEqual(['error', 'warn']);
});

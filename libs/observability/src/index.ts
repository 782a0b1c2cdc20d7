export { CallDecisionLog } from './call-decision-log';
export { providerMs } from './call-duration';
export { serializeError, type SerializedError } from './serialize-error';
export { LogInterceptor } from './log.interceptor';
export { createLogSink, LogSink, type LogSinkOptions } from './log-sink';
export { Metrics, SECONDS_BUCKETS } from './metrics';
export { MetricsInterceptor } from './metrics.interceptor';
export { ObservabilityModule, type ObservabilityOptions, useStructuredLogs } from './observability.module';
export { MAX_ANSWER_EXCERPT, MAX_EXCERPT, printable } from './printable';
export { describeFailure, ProviderCallLog } from './provider-call-log';
export { type HeldRedaction, type Redaction, Redactor, secretTexts, type SharedRedaction } from './redactor';
export {
  callTrace,
  currentTrace,
  newTraceId,
  runInTrace,
  type Trace,
  traceFrom,
  traceIdOf,
  traceparent,
} from './trace';
export { identifyCaller, OWN_TRACE, requestTrace } from './request-trace';
export { TraceInterceptor } from './trace.interceptor';
export { mayReadMetrics } from './metrics-access';

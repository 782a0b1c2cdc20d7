import { classifyHttpError, type ErrorSpec, type HttpAnswer, retryAfterMs } from '@puente/integrations';
import { AppError, type Evidence, type Failure, unknown } from '@puente/kernel';
import { MAX_ANSWER_EXCERPT } from '@puente/observability';

/** A Retry-After is believed up to here. */
export const LONGEST_RETRY_AFTER_MS = 24 * 3_600_000;

/** The receiver answered, and not with 2xx. */
export class WebhookRefusedError extends AppError {
  readonly code = 'WEBHOOK_REFUSED';

  constructor(readonly answer: HttpAnswer) {
    super(`The receiver answered with status ${String(answer.status)}.`);
  }
}

/** A custom header is named without a value, or has a value without being named. Nothing was sent. */
export class WebhookHeadersMismatchError extends AppError {
  readonly code = 'WEBHOOK_HEADERS_MISMATCH';

  constructor(names: readonly string[]) {
    super(`config.headerNames and secrets.headers do not name the same headers: ${names.join(', ')}.`);
  }
}

/**
 * What a receiver's answer means. Anybody's server may be one, so only 410 is a verdict: a 404 during a deploy, a 401 of
 * a proxy that lost its configuration and a redirect to a login page are failures that the schedule repeats. Nothing of
 * it is `unauthorized`: no lane waits for an administrator because of what a receiver says.
 */
export function classifyWebhookError(error: unknown): Failure {
  if (error instanceof WebhookHeadersMismatchError) {
    return { kind: 'unauthorized', code: error.code, message: error.message };
  }
  if (error instanceof WebhookRefusedError) return answered(error.answer);
  const failure = classifyHttpError(error);
  // Its name leads where no call may go: perhaps for an hour, so the schedule repeats this too.
  return failure.kind === 'unauthorized' ? { ...failure, kind: 'not_sent', cause: 'connect' } : failure;
}

function answered({ status, headers, text }: HttpAnswer): Failure {
  // Masked and cut by the chain, in this order.
  const message = text === '' || headers['content-encoding'] !== undefined ? undefined : text.slice(0, LOOKED_AT);
  const evidence: Evidence = { code: String(status), status, message };
  if (status === 410) return { kind: 'rejected', ...evidence, code: 'GONE' };
  const waitMs = status === 429 || status === 503 ? retryAfterMs(headers, Date.now, LONGEST_RETRY_AFTER_MS) : undefined;
  // With a Retry-After the receiver says itself that it has not taken the message.
  if (status === 429 || waitMs !== undefined) return { kind: 'throttled', retryAfterMs: waitMs, ...evidence };
  if (status === 408) return unknown('timeout', evidence);
  return unknown(status < 400 ? 'bad_body' : 'server_error', evidence);
}

/**
 * What is kept of an answer: nothing of one that is compressed, since it is not unpacked.
 *
 * @param secrets masked before it is cut: the half of one would be known by nobody afterwards
 */
export function excerptOf({ text, headers }: HttpAnswer, secrets: readonly string[]): string | undefined {
  if (text === '' || headers['content-encoding'] !== undefined) return undefined;
  if (text.length <= MAX_ANSWER_EXCERPT) return text;
  const masked = secrets.reduce((rest, secret) => rest.replaceAll(secret, '[secret]'), text.slice(0, LOOKED_AT));
  return masked.slice(0, MAX_ANSWER_EXCERPT);
}

/** An excerpt and the longest secret that may begin in it. */
const LOOKED_AT = 2 * MAX_ANSWER_EXCERPT;

export const webhooksErrors: readonly ErrorSpec[] = [
  {
    code: 'GONE',
    failure: 'rejected',
    descripcion: '410: el receptor dice que la dirección ya no existe',
    accion: 'Log + retry NO. El endpoint se deshabilita de inmediato',
  },
  {
    code: '400',
    failure: 'unknown',
    descripcion: '400, 404 y los demás 4xx: quizá un despliegue a medias; no es un veredicto',
    accion: 'Retry según el calendario',
  },
  {
    code: '401',
    failure: 'unknown',
    descripcion: '401 o 403: el receptor no acepta la entrega',
    accion: 'Retry según el calendario; ninguna respuesta de un receptor pausa el carril',
  },
  {
    code: '302',
    failure: 'unknown',
    descripcion: '3xx: una redirección no se sigue nunca',
    accion: 'Retry según el calendario. Registrar la dirección definitiva',
  },
  {
    code: '429',
    failure: 'throttled',
    descripcion: '429, o 503 con Retry-After: el receptor pide esperar; no tomó el mensaje',
    accion: 'Retry según el calendario, nunca antes que Retry-After (hasta 24 horas)',
  },
  {
    code: '500',
    failure: 'unknown',
    descripcion: '5xx: el receptor falló; pudo haber procesado el mensaje',
    accion: 'Retry según el calendario con el mismo `webhook-id`',
  },
  {
    code: 'WEBHOOK_HEADERS_MISMATCH',
    failure: 'unauthorized',
    descripcion: 'Los nombres de headerNames no son los de los valores guardados; no se envió nada',
    accion: 'Se pausa el carril del endpoint. Guardar nombres y valores juntos',
  },
  {
    code: 'EGRESS_ADDRESS_REFUSED',
    failure: 'not_sent',
    descripcion: 'El nombre ya no lleva a una dirección pública de internet; no se envió nada',
    accion: 'Retry según el calendario. Corregir la dirección, o pedir al operador que permita su red',
  },
  {
    code: 'ECONNREFUSED',
    failure: 'not_sent',
    descripcion: 'Sin conexión, DNS o TLS (certificado vencido o de otro nombre): está probado que no se envió',
    accion: 'Retry según el calendario',
  },
  {
    code: 'timeout',
    failure: 'unknown',
    descripcion: 'Sin respuesta completa en 20 segundos, cuerpo incluido, o respuesta perdida después de enviar',
    accion: 'Retry según el calendario con el mismo `webhook-id`',
  },
];

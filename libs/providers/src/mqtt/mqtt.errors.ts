import { egressFailure, type ErrorSpec, unsentCause } from '@puente/integrations';
import { AppError, type Failure, notSent, unknown } from '@puente/kernel';

/** There is no acknowledgement: refused, never sent, or lost. The connection saw which, so it says what that means. */
export class MqttFailedError extends AppError {
  readonly code = 'MQTT_FAILED';

  constructor(readonly failure: Failure) {
    super(`The broker did not acknowledge: ${failure.kind}${failure.code === undefined ? '' : ` (${failure.code})`}.`);
  }
}

export function classifyMqttError(error: unknown): Failure {
  if (error instanceof MqttFailedError) return error.failure;
  return egressFailure(error) ?? unknown('internal');
}

type Meaning = (code: string) => Failure;

const rejected: Meaning = (code) => ({ kind: 'rejected', code });
const unauthorized: Meaning = (code) => ({ kind: 'unauthorized', code });
const throttled: Meaning = (code) => ({ kind: 'throttled', code });
const refused: Meaning = (code) => notSent('refused', { code });

/** Return codes of CONNACK in 3.1.1 (§3.2.2.3) and reason codes in 5 (§3.2.2.2): before it nothing is published. */
const connackCodes = new Map<number, readonly [string, Meaning]>([
  [1, ['CONNECT_PROTOCOL_VERSION', unauthorized]],
  [2, ['CONNECT_CLIENT_ID', unauthorized]],
  [3, ['CONNECT_SERVER_UNAVAILABLE', refused]],
  [4, ['CONNECT_BAD_CREDENTIALS', unauthorized]],
  [5, ['CONNECT_NOT_AUTHORIZED', unauthorized]],
  [0x84, ['CONNECT_PROTOCOL_VERSION', unauthorized]],
  [0x85, ['CONNECT_CLIENT_ID', unauthorized]],
  [0x86, ['CONNECT_BAD_CREDENTIALS', unauthorized]],
  [0x87, ['CONNECT_NOT_AUTHORIZED', unauthorized]],
  [0x88, ['CONNECT_SERVER_UNAVAILABLE', refused]],
  [0x89, ['CONNECT_SERVER_BUSY', throttled]],
  [0x8a, ['CONNECT_BANNED', unauthorized]],
  [0x8c, ['CONNECT_NOT_AUTHORIZED', unauthorized]],
  [0x97, ['CONNECT_QUOTA_EXCEEDED', throttled]],
  [0x9c, ['CONNECT_SERVER_MOVED', unauthorized]],
  [0x9d, ['CONNECT_SERVER_MOVED', unauthorized]],
  [0x9f, ['CONNECT_RATE_EXCEEDED', throttled]],
]);

/** Reason codes of PUBACK, MQTT 5 only (§3.4.2.1). Each of them says that the message was not taken. */
const pubackCodes = new Map<number, readonly [string, Meaning]>([
  [0x87, ['PUBLISH_NOT_AUTHORIZED', rejected]],
  [0x90, ['PUBLISH_TOPIC_INVALID', rejected]],
  [0x97, ['PUBLISH_QUOTA_EXCEEDED', throttled]],
  [0x99, ['PUBLISH_PAYLOAD_INVALID', rejected]],
]);

/** @param error what ended the connection before the broker had taken us in */
export function connectFailure(error: unknown): Failure {
  const code = (error as { code?: unknown } | undefined)?.code;
  if (typeof code === 'number') {
    const [name, meaning] = connackCodes.get(code) ?? [`CONNECT_0x${code.toString(16)}`, refused];
    return meaning(name);
  }
  const cause = unsentCause(error) ?? 'connect';
  return egressFailure(error) ?? notSent(cause, { code: typeof code === 'string' ? code : 'CONNECTION_CLOSED' });
}

/** @param code of a PUBACK that is no success */
export function pubackFailure(code: number): Failure {
  const known = pubackCodes.get(code);
  // Unspecified, or of its own making: what a 500 is elsewhere.
  return known ? known[1](known[0]) : unknown('server_error', { code: `PUBLISH_0x${code.toString(16)}` });
}

const REVISAR =
  'Refrescar token: se pausa el carril y no se gasta intento. Corregir las credenciales o la configuración';
const ESPERAR = 'Backoff exponencial: 1 s, 2 s y 4 s, y luego el calendario';
const NO = 'Log + retry NO';

export const mqttErrors: readonly ErrorSpec[] = [
  {
    code: 'CONNECT_BAD_CREDENTIALS',
    failure: 'unauthorized',
    descripcion: 'CONNACK 4 (3.1.1) o 0x86 (5): usuario o contraseña equivocados',
    accion: REVISAR,
  },
  {
    code: 'CONNECT_NOT_AUTHORIZED',
    failure: 'unauthorized',
    descripcion: 'CONNACK 5, 0x87 o 0x8C: el bróker no admite a este cliente',
    accion: REVISAR,
  },
  {
    code: 'CONNECT_CLIENT_ID',
    failure: 'unauthorized',
    descripcion: 'CONNACK 2 o 0x85: el bróker no acepta el identificador de cliente (`clientIdPrefix`)',
    accion: REVISAR,
  },
  {
    code: 'CONNECT_PROTOCOL_VERSION',
    failure: 'unauthorized',
    descripcion: 'CONNACK 1 o 0x84: el bróker no habla esta versión de MQTT (`protocolVersion`)',
    accion: REVISAR,
  },
  {
    code: 'CONNECT_BANNED',
    failure: 'unauthorized',
    descripcion: 'CONNACK 0x8A: el bróker vetó a este cliente',
    accion: REVISAR,
  },
  {
    code: 'CONNECT_SERVER_MOVED',
    failure: 'unauthorized',
    descripcion: 'CONNACK 0x9C o 0x9D: el bróker está en otra dirección; una redirección no se sigue nunca',
    accion: REVISAR,
  },
  {
    code: 'CONNECT_SERVER_UNAVAILABLE',
    failure: 'not_sent',
    descripcion: 'CONNACK 3 o 0x88: el bróker no atiende; está probado que no se publicó',
    accion: 'Retry según el calendario',
  },
  {
    code: 'CONNECT_SERVER_BUSY',
    failure: 'throttled',
    descripcion: 'CONNACK 0x89: el bróker está ocupado',
    accion: ESPERAR,
  },
  {
    code: 'CONNECT_QUOTA_EXCEEDED',
    failure: 'throttled',
    descripcion: 'CONNACK 0x97: la cuota de conexiones está usada',
    accion: ESPERAR,
  },
  {
    code: 'CONNECT_RATE_EXCEEDED',
    failure: 'throttled',
    descripcion: 'CONNACK 0x9F: demasiadas conexiones por segundo',
    accion: ESPERAR,
  },
  {
    code: 'PUBLISH_NOT_AUTHORIZED',
    failure: 'rejected',
    descripcion: 'PUBACK 0x87 (MQTT 5): sin permiso para publicar en este tema',
    accion: NO,
  },
  {
    code: 'PUBLISH_TOPIC_INVALID',
    failure: 'rejected',
    descripcion: 'PUBACK 0x90 (MQTT 5): el bróker no acepta este tema',
    accion: NO,
  },
  {
    code: 'PUBLISH_TOO_LARGE',
    failure: 'rejected',
    descripcion: 'Más de lo que el bróker dijo que acepta (MQTT 5): no se publicó',
    accion: NO,
  },
  {
    code: 'PUBLISH_PAYLOAD_INVALID',
    failure: 'rejected',
    descripcion: 'PUBACK 0x99 (MQTT 5): el bróker no acepta el contenido',
    accion: NO,
  },
  {
    code: 'PUBLISH_QUOTA_EXCEEDED',
    failure: 'throttled',
    descripcion: 'PUBACK 0x97 (MQTT 5): la cuota está usada; no se publicó',
    accion: ESPERAR,
  },
  {
    code: 'PUBLISH_0x80',
    failure: 'unknown',
    descripcion: 'PUBACK 0x80 o 0x83 (MQTT 5): el bróker falló sin decir por qué',
    accion: 'Retry 3 veces en general. Aquí no se repite en silencio: sigue lo que declare el flujo',
  },
  {
    code: 'EGRESS_ADDRESS_REFUSED',
    failure: 'unauthorized',
    descripcion: 'El nombre del bróker no lleva a una dirección pública de internet; no se envió nada',
    accion: 'Se pausa el carril. Corregir `url`, o pedir al operador que permita su red',
  },
  {
    code: 'EGRESS_URL_REFUSED',
    failure: 'unauthorized',
    descripcion: 'Un `mqtt://` sin TLS, o un puerto, que el operador no permite; no se envió nada',
    accion: 'Se pausa el carril. Usar `mqtts://` y el puerto 8883, o pedir al operador que permita su red',
  },
  {
    code: 'ECONNREFUSED',
    failure: 'not_sent',
    descripcion: 'Sin conexión, DNS o TLS, o sin CONNACK en 3 segundos: está probado que no se publicó',
    accion: 'Retry según el calendario',
  },
  {
    code: 'timeout',
    failure: 'unknown',
    descripcion: 'El PUBACK no llegó a tiempo o se cortó la conexión después de enviar: pudo publicarse',
    accion: 'Timeout 1 retry en general. Aquí no se repite en silencio: revisión, reenvío o descarte, según el flujo',
  },
];

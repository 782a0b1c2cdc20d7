import type { AwsErrorMeaning, ErrorSpec } from '@puente/integrations';
import { awsKeyErrors, awsUnansweredErrors, classifyAwsError } from '@puente/integrations';
import type { Failure } from '@puente/kernel';

/**
 * Where SQS differs from the rest of AWS.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html#API_SendMessage_Errors
 */
export const sqsCodes: Readonly<Record<string, AwsErrorMeaning>> = {
  // Answered with status 403, but about a quota and not about the key.
  OverLimit: 'rejected',
};

/** A 503 is `unknown`: neither the errors of SQS nor the common ones say that the request was not carried out. */
export function classifySqsError(error: unknown): Failure {
  return classifyAwsError(error, sqsCodes);
}

export const sqsErrors: readonly ErrorSpec[] = [
  {
    code: 'QueueDoesNotExist',
    failure: 'rejected',
    descripcion: 'La cola no existe o la URL no es la suya',
    accion: 'Log + retry NO. Revisar la URL de la cola',
  },
  {
    code: 'QUEUE_REGION_MISMATCH',
    failure: 'rejected',
    descripcion: 'La URL es de otra región que la integración; no se envió nada',
    accion: 'Log + retry NO. Corregir la URL o la región',
  },
  {
    code: 'QueueNameExists',
    failure: 'rejected',
    descripcion: 'Ya existe una cola con ese nombre y otros atributos',
    accion:
      'Log + retry NO. `puente queues verify` muestra las diferencias; `puente queues create --repair` las corrige',
  },
  {
    code: 'InvalidMessageContents',
    failure: 'rejected',
    descripcion: '400: el mensaje tiene caracteres no permitidos',
    accion: 'Log + retry NO',
  },
  {
    code: 'InvalidParameterValue',
    failure: 'rejected',
    descripcion: '400: un parámetro no es válido',
    accion: 'Log + retry NO',
  },
  {
    code: 'KmsAccessDenied',
    failure: 'rejected',
    descripcion: '400: la clave KMS de esta cola no permite el uso; las demás colas siguen',
    accion: 'Log + retry NO. Dar permiso sobre la clave y reenviar',
  },
  {
    code: 'OverLimit',
    failure: 'rejected',
    descripcion: '403: se superó un límite de la cola, no de la clave',
    accion: 'Log + retry NO. Revisar las cuotas de la cola',
  },
  ...awsKeyErrors,
  {
    code: 'AccessDenied',
    failure: 'unauthorized',
    descripcion:
      '403: falta un permiso en la política; si el recurso es de otra cuenta de AWS se rechaza solo esa operación',
    accion: 'Se pausa el carril. Completar la política de IAM',
  },
  {
    code: 'RequestThrottled',
    failure: 'throttled',
    descripcion: '429 o código de límite: demasiadas solicitudes',
    accion: 'Backoff exponencial: 1 s, 2 s, 4 s; un Retry-After mayor prevalece',
  },
  {
    code: 'InternalFailure',
    failure: 'unknown',
    descripcion: '500: error de AWS; el mensaje puede haberse guardado',
    accion:
      'Cola FIFO: retry 3 veces con el mismo id de deduplicación. Cola estándar: revisión, nunca se repite en silencio',
  },
  ...awsUnansweredErrors,
  {
    code: 'timeout',
    failure: 'unknown',
    descripcion: 'Sin respuesta a tiempo, o respuesta perdida después de enviar',
    accion: 'Cola FIFO: un retry con el mismo id. Cola estándar: revisión',
  },
];

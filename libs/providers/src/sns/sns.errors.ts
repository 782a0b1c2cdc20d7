import type { AwsErrorMeaning, ErrorSpec } from '@puente/integrations';
import { awsKeyErrors, awsUnansweredErrors, classifyAwsError } from '@puente/integrations';
import type { Failure } from '@puente/kernel';

/**
 * Where SNS differs from the rest of AWS: quotas answered with status 403, which say nothing about the key.
 * https://docs.aws.amazon.com/sns/latest/api/API_Subscribe.html#API_Subscribe_Errors
 */
export const snsCodes: Readonly<Record<string, AwsErrorMeaning>> = {
  FilterPolicyLimitExceeded: 'rejected',
  ReplayLimitExceeded: 'rejected',
  SubscriptionLimitExceeded: 'rejected',
  TopicLimitExceeded: 'rejected',
};

/** A 503 is `unknown`: neither the errors of SNS nor the common ones say that the request was not carried out. */
export function classifySnsError(error: unknown): Failure {
  return classifyAwsError(error, snsCodes);
}

export const snsErrors: readonly ErrorSpec[] = [
  {
    code: 'NotFound',
    failure: 'rejected',
    descripcion: '404: el tema no existe',
    accion: 'Log + retry NO; la notificación se registra y se da por atendida',
  },
  {
    code: 'TOPIC_REGION_MISMATCH',
    failure: 'rejected',
    descripcion: 'El ARN es de otra región que la integración; no se envió nada',
    accion: 'Log + retry NO. Corregir el ARN o la región',
  },
  {
    code: 'InvalidParameter',
    failure: 'rejected',
    descripcion: '400: un parámetro no es válido (asunto, tamaño, número, ARN)',
    accion: 'Log + retry NO',
  },
  {
    code: 'EndpointDisabled',
    failure: 'rejected',
    descripcion: '400: el destino está desactivado',
    accion: 'Log + retry NO',
  },
  {
    code: 'SubscriptionLimitExceeded',
    failure: 'rejected',
    descripcion: '403: el tema no admite más suscripciones; la clave está bien',
    accion: 'Log + retry NO. Pedir un aumento de cuota',
  },
  {
    code: 'FilterPolicyLimitExceeded',
    failure: 'rejected',
    descripcion: '403: la cuenta no admite más políticas de filtro; la clave está bien',
    accion: 'Log + retry NO. Quitar políticas de filtro o pedir un aumento de cuota',
  },
  {
    code: 'TopicLimitExceeded',
    failure: 'rejected',
    descripcion: '403: la cuenta no admite más temas; la clave está bien',
    accion: 'Log + retry NO. Pedir un aumento de cuota',
  },
  {
    code: 'ReplayLimitExceeded',
    failure: 'rejected',
    descripcion: '403: la cuenta no admite más reenvíos del archivo de un tema FIFO; la clave está bien',
    accion: 'Log + retry NO. Esperar a que terminen los que hay',
  },
  {
    code: 'KMSAccessDenied',
    failure: 'rejected',
    descripcion: '400: la clave KMS de este tema no permite el uso; los demás temas siguen',
    accion: 'Log + retry NO. Dar permiso sobre la clave y reenviar',
  },
  ...awsKeyErrors,
  {
    code: 'AuthorizationError',
    failure: 'unauthorized',
    descripcion:
      '403: falta un permiso en la política; si el tema es de otra cuenta de AWS se rechaza solo esa operación',
    accion: 'Se pausa el carril. Completar la política de IAM',
  },
  {
    code: 'Throttled',
    failure: 'throttled',
    descripcion: '429 o código de límite: demasiadas solicitudes',
    accion: 'Backoff exponencial: 1 s, 2 s, 4 s; un Retry-After mayor prevalece',
  },
  {
    code: 'InternalError',
    failure: 'unknown',
    descripcion: '500: error de AWS; el mensaje puede haberse publicado',
    accion:
      'Tema FIFO: retry 3 veces con el mismo id de deduplicación. Tema estándar y SMS: lo que declare el flujo (reenvío marcado en las notificaciones, revisión en la ruta genérica); cada repetición va marcada',
  },
  ...awsUnansweredErrors,
  {
    code: 'timeout',
    failure: 'unknown',
    descripcion: 'Sin respuesta a tiempo, o respuesta perdida después de enviar',
    accion: 'Tema FIFO: un retry con el mismo id. Tema estándar y SMS: lo que declare el flujo',
  },
];

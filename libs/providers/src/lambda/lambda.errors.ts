import type { AwsErrorMeaning, ErrorSpec } from '@puente/integrations';
import { awsKeyErrors, awsUnansweredErrors, classifyAwsError, presentableText } from '@puente/integrations';
import type { Failure } from '@puente/kernel';
import { AppError, unknown } from '@puente/kernel';
import { z } from 'zod';

/**
 * Where Lambda differs from the rest of AWS. "Error codes are reserved for errors that prevent your function from
 * executing": what AWS calls a failure of the preparation is proof that no code ran, and may pass by itself (`refused`)
 * or needs someone (`rejected`), whatever its status. Not `ServiceException` and other 5xx: nothing says when those come.
 * https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
 */
const lambdaCodes: Readonly<Record<string, AwsErrorMeaning>> = {
  CodeArtifactUserPendingException: 'refused',
  EC2ThrottledException: 'refused',
  EC2UnexpectedException: 'refused',
  EFSMountConnectivityException: 'refused',
  EFSMountTimeoutException: 'refused',
  ENILimitReachedException: 'refused',
  ENINotReadyException: 'refused',
  ResourceConflictException: 'refused',
  ResourceNotReadyException: 'refused',
  S3FilesMountConnectivityException: 'refused',
  S3FilesMountTimeoutException: 'refused',
  SnapStartNotReadyException: 'refused',
  SnapStartTimeoutException: 'refused',
  SubnetIPAddressLimitReachedException: 'refused',
  // Answered with 403 or 502, and neither about the key nor unknown: the function's own set-up is wrong.
  EC2AccessDeniedException: 'rejected',
  EFSMountFailureException: 'rejected',
  InvalidRuntimeException: 'rejected',
  InvalidSecurityGroupIDException: 'rejected',
  InvalidSubnetIDException: 'rejected',
  InvalidZipFileException: 'rejected',
  S3FilesMountFailureException: 'rejected',
};

/**
 * The function ran and ended with an error. AWS answers 200, with a header.
 * https://docs.aws.amazon.com/lambda/latest/dg/invocation-sync.html
 */
export class LambdaFunctionFailedError extends AppError {
  readonly code = 'LAMBDA_FUNCTION_FAILED';

  constructor(readonly failure: Failure) {
    super(`The function ended with an error (${failure.code ?? failure.kind}).`);
  }
}

const FunctionError = z
  .string()
  .transform((text, context): unknown => {
    try {
      return JSON.parse(text) as unknown;
    } catch {
      context.addIssue({ code: 'custom', message: 'expected JSON' });
      return z.NEVER;
    }
  })
  .pipe(z.object({ errorType: z.string().optional(), errorMessage: z.string().optional() }));

/**
 * What a function says of its own failure: type and message, never the stack trace, which shows code and often data.
 *
 * Also a function that Lambda cut off after its time is `rejected`: the answer is definite and the same call would end
 * the same way. It has its own code, because what it had done by then only the function knows.
 */
export function functionFailure(answer: string): Failure {
  const { errorType, errorMessage } = FunctionError.safeParse(answer).data ?? {};
  const timedOut = errorType === 'Sandbox.Timedout' || /\bTask timed out after [\d.]+ seconds/.test(errorMessage ?? '');
  const said = [errorType, errorMessage].filter((part) => part !== undefined && part !== '').join(': ');
  return {
    kind: 'rejected',
    code: timedOut ? 'FUNCTION_TIMED_OUT' : 'FUNCTION_ERROR',
    status: 200,
    message: presentableText(said),
  };
}

/** A 503 is `unknown`, as a 500: neither the errors of Lambda nor the common ones say that no function ran. */
export function classifyLambdaError(error: unknown): Failure {
  if (error instanceof LambdaFunctionFailedError) return error.failure;
  const failure = classifyAwsError(error, lambdaCodes);
  // A file system that broke may have broken under the running function; only its status (410) says "refused".
  if (failure.kind !== 'rejected' || failure.code !== 'EFSIOException') return failure;
  const { code, status, message } = failure;
  return unknown('server_error', { code, status, message });
}

export const lambdaErrors: readonly ErrorSpec[] = [
  {
    code: 'FUNCTION_ERROR',
    failure: 'rejected',
    descripcion: '200 con X-Amz-Function-Error: la función se ejecutó y terminó con error; el mensaje es el suyo',
    accion: 'Log + retry NO. Revisar la función; lo que hizo antes del error solo ella lo sabe',
  },
  {
    code: 'FUNCTION_TIMED_OUT',
    failure: 'rejected',
    descripcion: '200 con X-Amz-Function-Error: Lambda cortó la función al cumplirse su tiempo máximo',
    accion: 'Log + retry NO. Pudo tener efecto: verificar en la función antes de volver a llamarla',
  },
  {
    code: 'FUNCTION_REGION_MISMATCH',
    failure: 'rejected',
    descripcion: 'El ARN es de otra región que la integración; no se envió nada',
    accion: 'Log + retry NO. Corregir el ARN o la región',
  },
  {
    code: 'FUNCTION_NAME_TOO_LONG',
    failure: 'rejected',
    descripcion: 'El nombre con su ambiente pasa de 64 caracteres; no se envió nada',
    accion: 'Log + retry NO. Acortar el nombre o usar nameIncludesEnv',
  },
  {
    code: 'ResourceNotFoundException',
    failure: 'rejected',
    descripcion: '404: la función, la versión o el alias no existe',
    accion: 'Log + retry NO. Revisar el nombre y el ambiente que se le agrega',
  },
  {
    code: 'InvalidParameterValueException',
    failure: 'rejected',
    descripcion: '400: un parámetro no es válido',
    accion: 'Log + retry NO',
  },
  {
    code: 'InvalidRequestContentException',
    failure: 'rejected',
    descripcion: '400: el payload no es JSON o una cabecera no es válida',
    accion: 'Log + retry NO',
  },
  {
    code: 'RequestTooLargeException',
    failure: 'rejected',
    descripcion: '413: payload mayor que 6 MB (síncrono) o 1 MB (Event)',
    accion: 'Log + retry NO. Guardar los datos aparte y enviar la referencia',
  },
  {
    code: 'RecursiveInvocationException',
    failure: 'rejected',
    descripcion: '400: Lambda detectó que la función se llama a sí misma en un ciclo',
    accion: 'Log + retry NO. Romper el ciclo',
  },
  {
    code: 'KMSAccessDeniedException',
    failure: 'rejected',
    descripcion: '502: Lambda no puede descifrar las variables de esa función; las demás siguen',
    accion: 'Log + retry NO. Dar permiso sobre la clave y reenviar',
  },
  {
    code: 'ResourceConflictException',
    failure: 'not_sent',
    descripcion: '409: la función se está creando o actualizando; no se ejecutó',
    accion: 'Retry con espera',
  },
  {
    code: 'ENILimitReachedException',
    failure: 'not_sent',
    descripcion:
      '502: Lambda no pudo preparar la red de la función (igual EC2Throttled, ENINotReady, SubnetIP…); no se ejecutó',
    accion: 'Retry con espera',
  },
  ...awsKeyErrors.map((error) =>
    error.code === 'InvalidClientTokenId' ? { ...error, code: 'UnrecognizedClientException' } : error,
  ),
  {
    code: 'AccessDeniedException',
    failure: 'unauthorized',
    descripcion:
      '403: falta el permiso lambda:InvokeFunction; si la función es de otra cuenta se rechaza solo esa operación',
    accion: 'Se pausa el carril de esa función. Completar la política de IAM',
  },
  {
    code: 'TooManyRequestsException',
    failure: 'throttled',
    descripcion:
      '429: se superó la concurrencia de la función o de la cuenta, o el ritmo de solicitudes; no se ejecutó',
    accion: 'Backoff exponencial: 1 s, 2 s, 4 s; un Retry-After mayor prevalece',
  },
  {
    code: 'ServiceException',
    failure: 'unknown',
    descripcion: '500: error de AWS; la función puede haberse ejecutado',
    accion: 'Invocación: no se repite en silencio, decide `onUnknown` (revisión si no se declara otra cosa)',
  },
  {
    code: 'EFSIOException',
    failure: 'unknown',
    descripcion: '410: falló el sistema de archivos de la función, quizá mientras se ejecutaba',
    accion: 'Como 500',
  },
  ...awsUnansweredErrors,
  {
    code: 'timeout',
    failure: 'unknown',
    descripcion: 'Sin respuesta en 15 segundos, o respuesta perdida después de enviar',
    accion: 'Como 500. Lo que tarda más se invoca con Event',
  },
];

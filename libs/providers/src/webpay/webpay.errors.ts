import type { ErrorSpec, HttpErrorMeaning, ProviderFault } from '@puente/integrations';
import { classifyHttpError } from '@puente/integrations';
import type { Failure } from '@puente/kernel';
import { AppError } from '@puente/kernel';
import { z } from 'zod';

/** Credentials, environment and host that do not belong together. Nothing was sent. */
export class WebpayAccountRefusedError extends AppError {
  readonly code = 'WEBPAY_ACCOUNT_REFUSED';

  constructor(problem: string) {
    super(`These Webpay credentials are not used: ${problem}.`);
  }
}

/** What Webpay, or we in its place, will not do; and nothing of it was done. */
export class WebpayRefusedError extends AppError {
  constructor(
    readonly code: string,
    message: string,
    readonly status?: number,
  ) {
    super(message);
  }
}

/** Webpay was asked afterwards, and its answer fits neither "it happened" nor "it did not". */
export class WebpayUnclearError extends AppError {
  readonly code = 'BALANCE_UNEXPECTED';
}

interface KnownMessage {
  readonly text: RegExp;
  readonly code: string;
  readonly meaning: HttpErrorMeaning;
}

/**
 * Webpay has no error codes, only texts, and the same 422 for bad input, for business rules and for "somebody else is at
 * it". The codes are ours; the texts were published by Transbank's own projects or seen by their users. `unknown`: it
 * does not say that nothing happened.
 */
const MESSAGES: readonly KnownMessage[] = [
  { text: /^Invalid status '0' for transaction/i, code: 'PAYER_NOT_FINISHED', meaning: 'unknown' },
  { text: /^Invalid status '\d+' for transaction/i, code: 'TRANSACTION_ABORTED', meaning: 'unknown' },
  { text: /invalid finished state: aborted/i, code: 'TRANSACTION_ABORTED', meaning: 'unknown' },
  { text: /invalid finished state/i, code: 'TRANSACTION_FINISHED', meaning: 'unknown' },
  { text: /already locked by another process/i, code: 'TRANSACTION_LOCKED', meaning: 'unknown' },
  { text: /Invalid value for parameter: token|transaction not found/i, code: 'NOT_FOUND', meaning: 'rejected' },
  { text: /max time \(7 days\)/i, code: 'STATUS_EXPIRED', meaning: 'rejected' },
  { text: /Api mismatch/i, code: 'API_MISMATCH', meaning: 'rejected' },
  { text: /it is not possible to refund it yet/i, code: 'REFUND_BEFORE_COMMIT', meaning: 'rejected' },
  { text: /bigger than authorized/i, code: 'AMOUNT_OVER_BALANCE', meaning: 'rejected' },
  { text: /already fully refunded/i, code: 'ALREADY_REFUNDED', meaning: 'rejected' },
  { text: /invalid state \(\d+\) to reverse/i, code: 'NOT_REFUNDABLE', meaning: 'rejected' },
  { text: /only allow reverses/i, code: 'PARTIAL_NOT_ALLOWED', meaning: 'rejected' },
  { text: /detail was not found/i, code: 'NOT_FOUND', meaning: 'rejected' },
  { text: /Operation not allowed/i, code: 'OPERATION_NOT_ALLOWED', meaning: 'rejected' },
  {
    text: /is required|Invalid value for parameter|rejected with value/i,
    code: 'INVALID_PARAMETER',
    meaning: 'rejected',
  },
];

const meanings: Readonly<Record<string, HttpErrorMeaning>> = Object.fromEntries(
  MESSAGES.map(({ code, meaning }) => [code, meaning]),
);

const ErrorBody = z.object({ error_message: z.string().optional(), description: z.string().optional() });

/** For `HttpConnection`: our code for Webpay's text, where it is a known one, and the text. */
export function webpayFault(body: unknown): ProviderFault {
  const { error_message: text, description } = ErrorBody.safeParse(body).data ?? {};
  const message = text ?? description;
  if (message === undefined) return {};
  return { code: MESSAGES.find((known) => known.text.test(message))?.code, message };
}

/** A text counts only with a status of the 4xx: a 500 stays one, whatever it says. */
export function classifyWebpayError(error: unknown): Failure {
  if (error instanceof WebpayRefusedError) {
    const { code, status, message } = error;
    return { kind: 'rejected', code, status, message };
  }
  if (error instanceof WebpayUnclearError) {
    return { kind: 'unknown', cause: 'bad_body', code: error.code, message: error.message };
  }
  if (error instanceof WebpayAccountRefusedError) {
    return { kind: 'unauthorized', code: error.code, message: error.message };
  }
  return classifyHttpError(error, isRefusal(error) ? meanings : {});
}

/** Throttling and wrong keys have statuses of their own, which say more than any text. */
function isRefusal(error: unknown): boolean {
  const { status } = error as { readonly status?: unknown };
  return status === 400 || status === 404 || status === 422;
}

export const webpayErrors: readonly ErrorSpec[] = [
  {
    code: 'PAYER_NOT_FINISHED',
    failure: 'rejected',
    descripcion: "422 `Invalid status '0'…` y `status` dice INITIALIZED: el pagador no ha terminado; no se cobró",
    accion: 'Log + retry NO. El pago sigue pendiente: se confirma cuando el pagador vuelva con `token_ws`',
  },
  {
    code: 'TRANSACTION_ABORTED',
    failure: 'rejected',
    descripcion: "422 `…finished state: aborted` o `Invalid status '10'` y `status` dice INITIALIZED; no se cobró",
    accion: 'Log + retry NO. El token ya no sirve: un intento nuevo con otra orden de compra',
  },
  {
    code: 'TRANSACTION_LOCKED',
    failure: 'unknown',
    descripcion: '422 `Transaction already locked by another process`: otra confirmación está en curso',
    accion: 'No se repite: se pregunta con `status` y decide su respuesta',
  },
  {
    code: 'TRANSACTION_FINISHED',
    failure: 'unknown',
    descripcion: '422 `Transaction has an invalid finished state`: ya terminó, quizá pagada',
    accion: 'No se repite: se pregunta con `status` y decide su respuesta',
  },
  {
    code: 'NOT_FOUND',
    failure: 'rejected',
    descripcion: '422 o 404: el token o la orden no existe, o es de otro código de comercio',
    accion: 'Log + retry NO. Revisar el código de comercio de la integración',
  },
  {
    code: 'INVALID_PARAMETER',
    failure: 'rejected',
    descripcion: '422 o 400: falta un dato o su valor no es válido; el mensaje dice cuál',
    accion: 'Log + retry NO',
  },
  {
    code: 'STATUS_EXPIRED',
    failure: 'rejected',
    descripcion: '422: pasaron más de 7 días desde la creación y `status` ya no responde',
    accion: 'Log + retry NO. Conciliar a mano con el portal de Transbank; el estado no se cambia',
  },
  {
    code: 'API_MISMATCH',
    failure: 'rejected',
    descripcion: '422: el token se creó con otra versión de la API',
    accion: 'Log + retry NO. Usar tokens creados por Puente',
  },
  {
    code: 'REFUND_BEFORE_COMMIT',
    failure: 'rejected',
    descripcion: '422: la transacción no está confirmada y no hay nada que devolver',
    accion: 'Log + retry NO',
  },
  {
    code: 'AMOUNT_OVER_BALANCE',
    failure: 'rejected',
    descripcion: '422: el monto es mayor que lo que queda por devolver',
    accion: 'Log + retry NO. Revisar el saldo con `status`',
  },
  {
    code: 'ALREADY_REFUNDED',
    failure: 'rejected',
    descripcion: '422: la transacción ya fue devuelta por completo',
    accion: 'Log + retry NO',
  },
  {
    code: 'NOT_REFUNDABLE',
    failure: 'rejected',
    descripcion: '422: la transacción fue rechazada; no hay nada que devolver',
    accion: 'Log + retry NO',
  },
  {
    code: 'PARTIAL_NOT_ALLOWED',
    failure: 'rejected',
    descripcion: '422: débito y prepago solo se devuelven por el total',
    accion: 'Log + retry NO. Devolver el total, o por otro medio',
  },
  {
    code: 'OPERATION_NOT_ALLOWED',
    failure: 'rejected',
    descripcion: 'El código de comercio no tiene esa operación (por ejemplo captura sin ser diferido)',
    accion: 'Log + retry NO. Pedir el producto a Transbank o usar el código que lo tiene',
  },
  {
    code: 'REFUND_REJECTED',
    failure: 'rejected',
    descripcion: '200 con `type` NULLIFIED y `response_code` distinto de 0: no se devolvió nada',
    accion: 'Log + retry NO. Revisar con Transbank',
  },
  {
    code: 'CAPTURE_REJECTED',
    failure: 'rejected',
    descripcion: '200 con `response_code` distinto de 0: no se capturó nada',
    accion: 'Log + retry NO. Revisar con Transbank',
  },
  {
    code: 'PRODUCT_MISMATCH',
    failure: 'rejected',
    descripcion: 'La operación es de otro producto que el de la integración (`product`); no se envió nada',
    accion: 'Log + retry NO. Registrar otra integración para ese código de comercio',
  },
  {
    code: 'CHILD_COMMERCE_UNKNOWN',
    failure: 'rejected',
    descripcion: 'La tienda no está en `childCommerceCodes`; no se envió nada',
    accion: 'Log + retry NO. Agregarla a la configuración si corresponde',
  },
  {
    code: 'RETURN_URL_NOT_HTTPS',
    failure: 'rejected',
    descripcion: 'La dirección de retorno es http en producción; no se envió nada',
    accion: 'Log + retry NO. Usar una dirección https',
  },
  {
    code: 'WEBPAY_ACCOUNT_REFUSED',
    failure: 'unauthorized',
    descripcion: 'Credenciales de integración con el ambiente de producción, o al revés; no se envió nada',
    accion: 'No se guarda; si ya estaba guardada se pausa el carril. Corregir ambiente, código y llave juntos',
  },
  {
    code: 'BALANCE_UNEXPECTED',
    failure: 'unknown',
    descripcion: 'Tras una respuesta perdida, el saldo no es el de antes ni el de después de la devolución',
    accion: 'Se vuelve a preguntar; si sigue así, revisión de una persona. No se devuelve otra vez',
  },
  {
    code: '401',
    failure: 'unauthorized',
    descripcion: '401 `Not Authorized`: la llave no es la del código de comercio',
    accion: 'Se pausa el carril; no se pierde nada y un pago pendiente sigue pendiente. Rotar las credenciales',
  },
  {
    code: '500',
    failure: 'unknown',
    descripcion: '5xx: error de Transbank; el cobro o la devolución puede estar hecho',
    accion:
      'Lecturas: retry 3 veces. Confirmar, devolver, capturar y cobrar: no se repite, se pregunta con `status`. Crear: se descarta y el intento nuevo usa otra orden de compra',
  },
  {
    code: 'ECONNREFUSED',
    failure: 'not_sent',
    descripcion: 'Sin conexión, DNS o TLS: está probado que no se envió',
    accion: 'Retry con espera',
  },
  {
    code: 'timeout',
    failure: 'unknown',
    descripcion:
      'Sin respuesta completa en 15 segundos, respuesta perdida, ilegible o de otra forma que la documentada',
    accion: 'Como 500. Nunca se muestra como rechazo ni como pago',
  },
];

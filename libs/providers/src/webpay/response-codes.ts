/**
 * What issuers' response codes mean. Level 1 is everybody's; level 2, which tells more, is opened by Transbank for a
 * commerce on request. **The same number means different things in each**, so a stored code needs its level beside it.
 *
 * https://www.transbankdevelopers.cl/producto/webpay#codigos-de-respuesta-de-autorizacion
 */
export const RESPONSE_LEVELS = [1, 2] as const;
export type ResponseLevel = (typeof RESPONSE_LEVELS)[number];

const APPROVED = 'Transacción aprobada';

const LEVEL_1: Readonly<Record<number, string>> = {
  0: APPROVED,
  [-1]: 'Rechazo: posible error en el ingreso de datos de la transacción',
  [-2]: 'Rechazo: falla al procesar la transacción, relacionada con la tarjeta o su cuenta',
  [-3]: 'Rechazo: error en la transacción',
  [-4]: 'Rechazo: rechazada por parte del emisor',
  [-5]: 'Rechazo: transacción con riesgo de posible fraude',
};

const LEVEL_2: Readonly<Record<number, string>> = {
  0: APPROVED,
  [-1]: 'Tarjeta inválida',
  [-2]: 'Error de conexión',
  [-3]: 'Excede el monto máximo',
  [-4]: 'Fecha de expiración inválida',
  [-5]: 'Problema en la autenticación',
  [-6]: 'Rechazo general',
  [-7]: 'Tarjeta bloqueada',
  [-8]: 'Tarjeta vencida',
  [-9]: 'Transacción no soportada',
  [-10]: 'Problema en la transacción',
  [-11]: 'Excede el límite de reintentos de rechazos',
};

/** Oneclick's own, whatever the level. */
const ONECLICK: Readonly<Record<number, string>> = {
  [-96]: 'El tbk_user no existe',
  [-97]: 'Se superó el monto máximo diario de pago',
  [-98]: 'Se superó el monto máximo de pago',
  [-99]: 'Se superó la cantidad máxima de pagos diarios',
};

const TABLES: Readonly<Record<ResponseLevel, Readonly<Record<number, string>>>> = { 1: LEVEL_1, 2: LEVEL_2 };

export interface ResponseMeaning {
  readonly code: number;
  readonly level: ResponseLevel;
  /** undefined: not documented for this level. Another level's text would be a wrong one. */
  readonly descripcion: string | undefined;
}

export function responseMeaning(code: number, level: ResponseLevel): ResponseMeaning {
  return { code, level, descripcion: TABLES[level][code] ?? ONECLICK[code] };
}

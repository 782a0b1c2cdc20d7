import type { ErrorSpec, HttpErrorMeaning, ProviderFault } from '@puente/integrations';
import { classifyHttpError } from '@puente/integrations';
import type { Failure } from '@puente/kernel';
import { z } from 'zod';

/** Codes that mean something else than their HTTP status says. Write here those of Acme Shop, with the address of its page. */
export const acmeShopCodes: Readonly<Record<string, HttpErrorMeaning>> = {
  INVALID_KEY: 'unauthorized',
};

const Refusal = z.object({ error: z.object({ code: z.string(), message: z.string().optional() }) });

/** Where an answer without success says what is wrong: `{"error": {"code", "message"}}`. */
export function acmeShopFault(body: unknown): ProviderFault {
  const parsed = Refusal.safeParse(body);
  return parsed.success ? parsed.data.error : {};
}

/** What is not known is `unknown`, never "failed". */
export function classifyAcmeShopError(error: unknown): Failure {
  return classifyHttpError(error, acmeShopCodes);
}

export const acmeShopErrors: readonly ErrorSpec[] = [
  {
    code: 'INVALID_REQUEST',
    failure: 'rejected',
    descripcion: '400: Escribir aquí qué rechaza el proveedor con este código',
    accion: 'Log + retry NO. Corregir los datos',
  },
  {
    code: 'INVALID_KEY',
    failure: 'unauthorized',
    descripcion: '401: la clave no existe o fue revocada',
    accion: 'Se pausa el carril; no se pierde nada. Rotar las credenciales',
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
    descripcion: 'Sin respuesta a tiempo, o respuesta perdida después de enviar',
    accion: 'Un retry con la misma clave de idempotencia',
  },
];

import type { ErrorSpec } from '@puente/integrations';

const AGAIN = 'No se ejecutó: se repite sola, con la misma clave';
const PAUSED = 'Se pausa el carril; nada se pierde y sigue solo cuando la prueba de conexión pasa';
const NEVER = 'Log + retry NO';

export const odooErrors: readonly ErrorSpec[] = [
  {
    code: 'AccessDenied',
    failure: 'unauthorized',
    descripcion: 'La llave o el usuario no son válidos (JSON-RPC), o la llave venció',
    accion: `${PAUSED}. Crear una llave nueva y rotarla`,
  },
  {
    code: 'AUTHENTICATION_FAILED',
    failure: 'unauthorized',
    descripcion: '`authenticate` responde `false`: no es un error de Odoo, es su manera de decir que no',
    accion: `${PAUSED}. Revisar base, usuario y llave`,
  },
  {
    code: '401',
    failure: 'unauthorized',
    descripcion: '401 en JSON-2: la llave no es válida o venció; una contraseña no sirve',
    accion: `${PAUSED}. Crear una llave nueva y rotarla`,
  },
  {
    code: 'DATABASE_UNAVAILABLE',
    failure: 'unauthorized',
    descripcion: '404 `text/html`: la base no existe, o PostgreSQL está caído (JSON-2)',
    accion: `${PAUSED}. Revisar \`database\` y el servidor`,
  },
  {
    code: 'REDIRECTED',
    failure: 'unauthorized',
    descripcion: '3xx: la dirección lleva a otra parte (http a https, un inicio de sesión); no se sigue nunca',
    accion: `${PAUSED}. Corregir \`url\``,
  },
  {
    code: '415',
    failure: 'unauthorized',
    descripcion: '415: lo que hay en esa dirección no acepta JSON',
    accion: `${PAUSED}. Corregir \`url\` o \`transport\``,
  },
  {
    code: 'AccessError',
    failure: 'rejected',
    descripcion: 'Al usuario le falta un permiso, o el par modelo y método no está en la lista del módulo',
    accion: `${NEVER}. Dar el permiso al usuario de Puente y reintentar`,
  },
  {
    code: 'UserError',
    failure: 'rejected',
    descripcion: 'Odoo no lo permite: asiento descuadrado, periodo cerrado, ya publicado',
    accion: `${NEVER}. Las palabras de Odoo están en la operación`,
  },
  {
    code: 'ValidationError',
    failure: 'rejected',
    descripcion: 'Un dato no es válido, o la clave ya se usó con otro contenido',
    accion: `${NEVER}. Las palabras de Odoo están en la operación`,
  },
  {
    code: 'MissingError',
    failure: 'rejected',
    descripcion: 'El registro no existe o fue borrado',
    accion: NEVER,
  },
  {
    code: 'NotFound',
    failure: 'rejected',
    descripcion: '404 JSON: el modelo o el método no existe (JSON-2)',
    accion: `${NEVER}. Instalar el módulo o corregir la ruta`,
  },
  {
    code: 'AttributeError',
    failure: 'rejected',
    descripcion: 'El método no existe (JSON-RPC)',
    accion: `${NEVER}. Instalar el módulo o corregir la ruta`,
  },
  {
    code: 'TypeError',
    failure: 'rejected',
    descripcion: 'Los argumentos no son los del método',
    accion: `${NEVER}. Corregir la ruta`,
  },
  {
    code: 'ValueError',
    failure: 'rejected',
    descripcion: 'Un campo o un dominio que el modelo no conoce, u otro error de Python',
    accion: `${NEVER}. Corregir la ruta`,
  },
  {
    code: 'LOAD_REFUSED',
    failure: 'rejected',
    descripcion: 'Un 200 de `load` con `ids: false` y mensajes de error: no se cargó nada',
    accion: `${NEVER}. Las palabras de Odoo están en la operación`,
  },
  {
    code: 'LOAD_CONFLICT',
    failure: 'not_sent',
    descripcion: 'Un 200 de `load` con "could not serialize access": otro lo estaba cargando',
    accion: AGAIN,
  },
  {
    code: 'METHOD_NOT_ALLOWED',
    failure: 'rejected',
    descripcion: 'El par modelo y método no está en `allowed`; no se envió nada',
    accion: `${NEVER}. Agregarlo a la configuración si corresponde`,
  },
  {
    code: 'NAMED_ARGUMENTS_ONLY',
    failure: 'rejected',
    descripcion: 'JSON-2 no tiene argumentos por posición; no se envió nada',
    accion: `${NEVER}. Usar argumentos con nombre`,
  },
  {
    code: 'EXTERNAL_ID_HIDDEN',
    failure: 'rejected',
    descripcion: 'El identificador externo es de un registro borrado, de otro modelo o que el usuario no ve',
    accion: `${NEVER}. Revisar en Odoo`,
  },
  {
    code: 'POST_REFUSED',
    failure: 'rejected',
    descripcion: 'El asiento se cargó y Odoo no lo publica: queda en borrador',
    accion: `${NEVER}. Corregir la causa y reintentar: se publica ese mismo borrador`,
  },
  {
    code: 'SerializationFailure',
    failure: 'not_sent',
    descripcion:
      'Choque con otra transacción después de los intentos de Odoo; también `LockNotAvailable` y `LockError`',
    accion: AGAIN,
  },
  {
    code: '503',
    failure: 'not_sent',
    descripcion: 'El servidor no toma llamadas ahora',
    accion: AGAIN,
  },
  {
    code: 'OperationalError',
    failure: 'unknown',
    descripcion: 'Se cortó la conexión de Odoo con PostgreSQL (también `InterfaceError`): quizá al confirmar',
    accion: 'Se repite con la misma clave, o se pregunta a Odoo; sin clave, revisión de una persona',
  },
  {
    code: '429',
    failure: 'throttled',
    descripcion: 'Un proxy, u Odoo Online, pide esperar',
    accion: 'Backoff exponencial, nunca antes que Retry-After',
  },
  {
    code: '500',
    failure: 'unknown',
    descripcion: '5xx sin palabras de Odoo: 502 y 504 de un proxy; el asiento pudo quedar',
    accion: 'Se repite con la misma clave, o se pregunta a Odoo; sin clave, revisión de una persona',
  },
  {
    code: 'ODOO_NOT_READY',
    failure: 'not_sent',
    descripcion: 'Se perdió la respuesta a lo que se pregunta antes (versión, usuario, identificador externo)',
    accion: AGAIN,
  },
  {
    code: 'timeout',
    failure: 'unknown',
    descripcion: 'Sin respuesta en 20 segundos, o respuesta perdida; Odoo sigue trabajando',
    accion: 'Se repite con la misma clave, o se pregunta a Odoo; sin clave, revisión de una persona',
  },
];

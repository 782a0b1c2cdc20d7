import { defineProvider } from '@puente/integrations';
import { exactDecimal } from './exact-json';
import { OdooClient } from './odoo.client';
import { odooErrors } from './documented-errors';
import { classifyOdooError } from './odoo.errors';
import {
  AskVersion,
  Call,
  CallOnce,
  Load,
  Loaded,
  OdooConfig,
  OdooSecrets,
  Records,
  Result,
  ResultOnce,
  SearchRead,
  Version,
} from './odoo.schemas';

const API = 'https://www.odoo.com/documentation/19.0/developer/reference/external_api.html';
const ORM = 'https://www.odoo.com/documentation/19.0/developer/reference/backend/orm.html';
const RPC = 'https://www.odoo.com/documentation/18.0/developer/reference/external_api.html';
const MULTI = 'POST /json/2/{modelo}/{metodo} · POST /jsonrpc';
/** Odoo goes on after we gave up, at most for its own limit; what two of us load at once it lets only one have. */
const SETTLE_MS = 30_000;

const entry = {
  model: 'account.move',
  method: 'create_post_move',
  kwargs: { transaction_id: 123, amount: exactDecimal('1500.00'), finalitix_type: 'cargo', description: 'Comisión' },
};

/**
 * Odoo, from 17 on: accounting entries and partners, in JSON-RPC or JSON-2, whichever the server speaks.
 *
 * Odoo itself knows no idempotency key, and a client that gives up stops nothing. So a call has its effect once by one of
 * four ways: our addon there commits a key with the effect; the customer's own method is idempotent; a record is loaded
 * under an external id, which can be asked for; or it is called at most once, and a lost answer is for a person.
 *
 * The model is `tenant`: an entry in another's books would be worse than none.
 */
export const odoo = defineProvider({
  meta: {
    id: 'odoo',
    code: 'INT-005',
    title: 'Odoo',
    vendor: 'Odoo S.A.',
    category: 'Contabilidad',
    inventoryType: 'contabilidad',
    integratedOn: '2026-11-23',
    reviewedOn: '2026-11-23',
    references: [
      { title: 'API externa JSON-2 (Odoo 19)', url: API },
      { title: 'API externa JSON-RPC (Odoo 18)', url: RPC },
      { title: 'ORM: métodos públicos, load, search_read', url: ORM },
    ],
  },
  credentials: {
    model: 'tenant',
    secrets: OdooSecrets,
    config: OdooConfig,
    env: {
      apiKey: { variable: 'ODOO_API_KEY', descripcion: 'Llave de API del usuario de Puente en Odoo', required: true },
      url: { variable: 'ODOO_URL', descripcion: 'Dirección del servidor de Odoo', required: true },
      database: { variable: 'ODOO_DATABASE', descripcion: 'Nombre de la base de datos', required: true },
      login: { variable: 'ODOO_LOGIN', descripcion: 'Usuario de Odoo al que pertenece la llave', required: true },
      transport: {
        variable: 'ODOO_TRANSPORT',
        descripcion: 'auto (si no se declara), json-rpc o json-2; json-2 existe desde Odoo 19',
        required: false,
      },
      workers: {
        variable: 'ODOO_WORKERS',
        descripcion: 'Procesos HTTP del servidor; sin valor, 2',
        required: false,
      },
      concurrency: {
        variable: 'ODOO_CONCURRENCY',
        descripcion: 'Llamadas a la vez desde un proceso de Puente; sin valor, uno menos que `workers`',
        required: false,
      },
      module: {
        variable: 'ODOO_MODULE',
        descripcion: 'Espacio de nombres de los identificadores externos; sin valor, puente',
        required: false,
      },
      allowed: {
        variable: 'ODOO_ALLOWED',
        descripcion:
          'Pares modelo y método que se pueden llamar; sin la lista, los dos de la cola y los de las recetas',
        required: false,
      },
      apiKeyExpiresAt: {
        variable: 'ODOO_API_KEY_EXPIRES_AT',
        descripcion: 'Día en que vence la llave en Odoo (AAAA-MM-DD): la alerta de rotación llega antes',
        required: false,
      },
    },
    rotateEveryDays: 90,
    expiresOn: 'apiKeyExpiresAt',
    rebindOn: ['url', 'database', 'login'],
  },
  connect: (secrets, config, { egress }) => new OdooClient(secrets, config, egress),
  disconnect: (client: OdooClient) => {
    client.close();
  },
  operations: (operation) => ({
    version: operation({
      summary: 'Tells the version of the server, the protocol spoken to it, and whose key it is.',
      descripcion: 'Prueba la conexión: versión, protocolo e identidad',
      endpoint: 'GET /web/version · POST /json/2/res.users/context_get · POST /jsonrpc (common)',
      documentation: API,
      effect: 'read',
      policy: 'interactive',
      input: AskVersion,
      output: Version,
      example: { input: {}, output: { version: '19.0', transport: 'json-2', uid: 7 } },
      run: (client: OdooClient, _input, call) => client.version(call),
    }),
    callOnce: operation({
      summary: 'Calls a method once for its key: the addon commits key and effect in one transaction of Odoo.',
      descripcion: 'Llama un método una sola vez por clave, con el módulo `puente_bridge`',
      endpoint: 'puente.bridge.call/call_once',
      documentation: API,
      effect: 'idempotent',
      policy: 'accounting',
      input: CallOnce,
      output: ResultOnce,
      example: { input: { key: 'txn:123', ...entry }, output: { duplicate: false, result: 41 } },
      run: (client, input, call) => client.callOnce(input, call),
    }),
    callNative: operation({
      summary: 'Calls a method that is idempotent by itself; it is repeated when its answer is lost.',
      descripcion: 'Llama un método que ya es idempotente; si se pierde la respuesta, se repite',
      endpoint: MULTI,
      documentation: API,
      effect: 'idempotent',
      policy: 'accounting',
      input: Call,
      output: Result,
      example: { input: entry, output: { result: 41 } },
      run: (client, input, call) => client.call(input, call),
    }),
    call: operation({
      summary: 'Calls a method at most once: when its answer is lost, a person decides.',
      descripcion: 'Llama un método a lo más una vez; si se pierde la respuesta, decide una persona',
      endpoint: MULTI,
      documentation: API,
      effect: 'once',
      onUnknown: 'review',
      policy: 'accounting',
      input: Call,
      output: Result,
      example: { input: entry, output: { result: 41 } },
      run: (client, input, call) => client.call(input, call),
    }),
    load: operation({
      summary: 'Makes a record under an external id unless it is there, and posts it while it is a draft.',
      descripcion: 'Crea un registro con identificador externo si no existe, y publica el borrador',
      endpoint: 'ir.model.data/check_object_reference · {modelo}/load · {modelo}/action_post',
      documentation: ORM,
      effect: 'reconcilable',
      settleMs: SETTLE_MS,
      onUnknown: 'review',
      policy: 'accounting',
      input: Load,
      output: Loaded,
      example: {
        input: {
          externalId: 'move_txn_123',
          model: 'account.move',
          fields: { ref: 'txn:123', date: '2026-11-23', 'journal_id/.id': '1' },
          lines: {
            field: 'line_ids',
            items: [
              { externalId: 'move_txn_123_1', fields: { 'account_id/.id': '10', debit: exactDecimal('1500.00') } },
              { externalId: 'move_txn_123_2', fields: { 'account_id/.id': '11', credit: exactDecimal('1500.00') } },
            ],
          },
          post: 'action_post',
        },
        output: { id: 41, posted: true, existed: false },
      },
      run: (client, input, call) => client.load(input, call),
      reconcile: (client, input, call) => client.loaded(input, call),
    }),
    searchRead: operation({
      summary: 'Reads records of an allowed model.',
      descripcion: 'Lee registros de un modelo permitido',
      endpoint: '{modelo}/search_read',
      documentation: ORM,
      effect: 'read',
      policy: 'interactive',
      input: SearchRead,
      output: Records,
      example: {
        input: {
          model: 'account.move',
          domain: [['ref', '=', 'txn:123']],
          fields: ['name', 'state', 'amount_total'],
          limit: 10,
        },
        output: { records: [{ id: 41, name: 'MISC/2026/11/0001', state: 'posted', amount_total: 1500 }] },
      },
      run: (client, input, call) => client.searchRead(input, call),
    }),
  }),
  probe: { operation: 'version', input: () => ({}) },
  classify: classifyOdooError,
  limits: [
    {
      limite: 'Llamadas a la vez por servidor (`workers` menos uno)',
      quota: 1,
      windowMs: 0,
      per: 'credential',
      accion: 'Cola de espera: un proceso de Odoo atiende una llamada a la vez, y los demás son de las personas',
    },
  ],
  errors: odooErrors,
  fallbacks: [
    'Si Odoo no responde o se pierde la respuesta, el asiento queda en el libro de operaciones y se repite con la misma clave, o se pregunta por su identificador externo: nunca hay dos.',
    'Si fallan la llave, la base o la dirección, el carril se pausa sin gastar intentos y sigue solo cuando la prueba de conexión pasa.',
    'Si Odoo rechaza el asiento, la operación lo dice con sus palabras y nadie lo repite hasta que se corrija la causa.',
    'Lo que se llama sin clave espera la revisión de una persona cuando no se sabe si ocurrió.',
  ],
});

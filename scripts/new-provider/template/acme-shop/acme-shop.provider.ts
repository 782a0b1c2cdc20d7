import { defineProvider } from '@puente/integrations';
import { AcmeShopClient } from './acme-shop.client';
import { classifyAcmeShopError, acmeShopErrors } from './acme-shop.errors';
import { Account, CreateItem, GetAccount, Item, AcmeShopConfig, AcmeShopSecrets } from './acme-shop.schemas';

const API = 'https://api.example.com/v1';
const DOCS = 'https://docs.example.com';
const DAY_MS = 86_400_000;

/** Acme Shop. Write here what has to be known of it before this folder is changed. */
export const acmeShop = defineProvider({
  meta: {
    id: 'acme-shop',
    code: 'INT-999',
    title: 'Acme Shop',
    vendor: 'Acme Inc.',
    category: 'Mensajeria',
    inventoryType: 'mensajeria',
    integratedOn: '2026-01-01',
    reviewedOn: '2026-01-01',
    references: [{ title: 'Escribir aquí cómo se llama la página', url: `${DOCS}/` }],
  },
  credentials: {
    model: 'tenant',
    secrets: AcmeShopSecrets,
    config: AcmeShopConfig,
    env: {
      apiKey: { variable: 'ACME_SHOP_API_KEY', descripcion: 'Escribir aquí dónde se obtiene la clave', required: true },
      endpoint: {
        variable: 'ACME_SHOP_ENDPOINT',
        descripcion: 'Dirección distinta de la del proveedor: https en internet, o en una red que el operador permite',
        required: false,
      },
    },
    rotateEveryDays: 90,
    rebindOn: ['endpoint'],
  },
  connect: (secrets, config, context) => new AcmeShopClient(secrets, config.endpoint ?? API, context.egress),
  disconnect: (client: AcmeShopClient) => {
    client.close();
  },
  operations: (operation) => ({
    getAccount: operation({
      summary: 'Reads the account that the key belongs to.',
      descripcion: 'Lee la cuenta a la que pertenece la clave',
      endpoint: 'GET /account',
      documentation: `${DOCS}/account`,
      effect: 'read',
      policy: 'interactive',
      input: GetAccount,
      output: Account,
      example: { input: {}, output: { name: 'Comercial Andes' } },
      run: (client: AcmeShopClient, _input, call) => client.getAccount(call.signal),
    }),
    createItem: operation({
      summary: 'Creates an item.',
      descripcion: 'Crea un elemento',
      endpoint: 'POST /items',
      documentation: `${DOCS}/items`,
      effect: 'idempotent',
      idempotentForMs: DAY_MS, // Write here for how long the provider remembers a key; leave it out: for ever.
      policy: 'messaging',
      input: CreateItem,
      output: Item,
      example: { input: { name: 'Pedido 42' }, output: { id: 'item-1', name: 'Pedido 42' } },
      run: (client, input, call) => client.createItem(input, call),
    }),
  }),
  probe: { operation: 'getAccount', input: () => ({}) },
  classify: classifyAcmeShopError,
  limits: [
    {
      limite: 'Escribir aquí qué se cuenta',
      quota: 100,
      windowMs: 60_000,
      per: 'credential',
      accion: 'Retry con backoff',
    },
  ],
  errors: acmeShopErrors,
  fallbacks: [
    'Si el proveedor no responde, la operación queda en el libro de operaciones y se repite según su política; nada aceptado se pierde.',
    'Si las credenciales fallan, el carril del tenant se pausa, las operaciones se guardan y siguen cuando las credenciales se corrigen.',
  ],
});

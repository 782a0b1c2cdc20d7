import { awsCredentialEnv, AwsConnection, defineProvider } from '@puente/integrations';
import { LambdaClient } from './lambda.client';
import { classifyLambdaError, lambdaErrors } from './lambda.errors';
import {
  Access,
  CheckAccess,
  FunctionConfiguration,
  FunctionRef,
  Invoke,
  Invoked,
  LambdaConfig,
  LambdaSecrets,
} from './lambda.schemas';

const API = 'https://docs.aws.amazon.com/lambda/latest/api';
const GUIDE = 'https://docs.aws.amazon.com/lambda/latest/dg';

const functionName = 'finalitix-contact';
const requestId = '3b5c8f0e-2f0a-4a57-9d2c-6f3e1c9d7a10';

/**
 * AWS Lambda: runs the tenant's functions. A name is `{functionName}-{environment}` unless it says that it is whole.
 *
 * Lambda does not deduplicate, so an invocation is `once`. Each carries our operation's id in the client context, and a
 * wanted repeat its number; but only functions that are invoked synchronously see it. One that takes events must know
 * them by something of its own in the payload, which we never change; Lambda's own repeats of one event (two after an
 * error) come with the same request id, and that is in our output.
 *
 * An error that the function answers with is `rejected`: it ran, and whether it did something before it failed only it
 * knows. That holds for a function cut off after its time as well.
 *
 * The model is `tenant`, never hybrid: with our keys in its calls a tenant could run any function of our account.
 *
 * The probe needs a right the traffic needs as well where it can: with `probeFunctionName` a policy for
 * lambda:InvokeFunction is enough (DryRun runs nothing); without it the key must be allowed lambda:GetAccountSettings.
 */
export const lambda = defineProvider({
  meta: {
    id: 'lambda',
    code: 'INT-003',
    title: 'AWS Lambda',
    vendor: 'Amazon Web Services',
    category: 'Computo',
    inventoryType: 'computo',
    integratedOn: '2026-11-23',
    reviewedOn: '2026-11-23',
    references: [
      { title: 'AWS Lambda API Reference: Invoke', url: `${API}/API_Invoke.html` },
      { title: 'Invocación síncrona', url: `${GUIDE}/invocation-sync.html` },
      { title: 'Invocación asíncrona', url: `${GUIDE}/invocation-async.html` },
      { title: 'Reintentos de Lambda', url: `${GUIDE}/invocation-retries.html` },
      { title: 'Cuotas de AWS Lambda', url: `${GUIDE}/gettingstarted-limits.html` },
      { title: 'Errores comunes de AWS', url: 'https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html' },
    ],
  },
  credentials: {
    model: 'tenant',
    secrets: LambdaSecrets,
    config: LambdaConfig,
    env: {
      ...awsCredentialEnv('las funciones'),
      environment: {
        variable: 'AWS_LAMBDA_ENVIRONMENT',
        descripcion: 'Ambiente que se agrega a los nombres de las funciones; sin él, el ENV de la instalación',
        required: false,
      },
      probeFunctionName: {
        variable: 'AWS_LAMBDA_PROBE_FUNCTION_NAME',
        descripcion:
          'Función con la que se prueban las credenciales (DryRun), sin su ambiente; sin ella se lee la configuración de la cuenta',
        required: false,
      },
    },
    rotateEveryDays: 90,
    rebindOn: ['endpoint', 'roleArn'],
  },
  connect: (secrets, config, context) =>
    new LambdaClient(AwsConnection.open(secrets, config, context), config.environment ?? context.installation),
  disconnect: (client: LambdaClient) => {
    client.close();
  },
  // A function has its own concurrency and its own permission: one that is throttled or forbidden stops no other.
  lane: (operation, input, integration) =>
    operation === 'invoke' ? `${integration}/${(input as Invoke).functionName}` : integration,
  operations: (operation) => ({
    invoke: operation({
      summary:
        'Runs a function. RequestResponse waits for its answer, at most 15 seconds; Event hands the payload over and goes on.',
      descripcion: 'Ejecuta una función y espera su respuesta (RequestResponse) o solo le entrega el payload (Event)',
      endpoint: 'POST /2015-03-31/functions/{FunctionName}/invocations',
      documentation: `${API}/API_Invoke.html`,
      effect: 'once',
      policy: 'compute',
      input: Invoke,
      output: Invoked,
      example: {
        input: { functionName, payload: { account_id: '4711', name: 'María Núñez' } },
        output: {
          statusCode: 200,
          functionName: `${functionName}-prod`,
          requestId,
          executedVersion: '$LATEST',
          payload: { contact_id: 815 },
        },
      },
      run: (client: LambdaClient, input, call) => client.invoke(input, call),
    }),
    getFunctionConfiguration: operation({
      summary: 'Reads what a function is set to, without its environment variables.',
      descripcion: 'Lee la configuración de una función, sin sus variables de entorno',
      endpoint: 'GET /2015-03-31/functions/{FunctionName}/configuration',
      documentation: `${API}/API_GetFunctionConfiguration.html`,
      effect: 'read',
      policy: 'interactive',
      input: FunctionRef,
      output: FunctionConfiguration,
      example: {
        input: { functionName },
        output: {
          functionName: `${functionName}-prod`,
          functionArn: `arn:aws:lambda:us-east-1:123456789012:function:${functionName}-prod`,
          state: 'Active',
          timeoutSeconds: 10,
        },
      },
      run: (client, input, call) => client.getFunctionConfiguration(input, call.signal),
    }),
    checkAccess: operation({
      summary:
        'Asks for something that needs the credentials: a dry run of the given function, or else the account settings.',
      descripcion: 'Prueba las credenciales sin ejecutar nada',
      endpoint: 'POST /2015-03-31/functions/{FunctionName}/invocations (DryRun) o GET /2016-08-19/account-settings',
      documentation: `${API}/API_GetAccountSettings.html`,
      effect: 'read',
      policy: 'interactive',
      input: CheckAccess,
      output: Access,
      example: { input: { functionName }, output: { proof: 'DryRun', requestId } },
      run: (client, input, call) => client.checkAccess(input.functionName, call.signal),
    }),
  }),
  probe: { operation: 'checkAccess', input: ({ probeFunctionName }) => ({ functionName: probeFunctionName }) },
  classify: classifyLambdaError,
  limits: [
    {
      limite: 'Ejecuciones simultáneas por región (las cuentas nuevas tienen menos)',
      quota: 1_000,
      windowMs: 0,
      per: 'credential',
      accion: 'Retry con backoff; pedir un aumento de cuota o reservar concurrencia',
    },
    {
      limite: 'Invocaciones síncronas por segundo y región: 10 por cada ejecución simultánea',
      quota: 10_000,
      windowMs: 1_000,
      per: 'credential',
      accion: 'Retry con backoff',
      operations: ['invoke'],
      cost: ({ invocationType }: Invoke) => (invocationType === 'Event' ? 0 : 1),
      enforced: false,
    },
    {
      limite: 'Ejecuciones simultáneas que una función puede sumar',
      quota: 1_000,
      windowMs: 10_000,
      per: 'credential',
      accion: 'Retry con backoff; concurrencia aprovisionada',
      operations: [], // executions, not calls: what runs at once is not ours to count
    },
    {
      limite: 'Llamadas de administración por segundo (GetFunctionConfiguration, GetAccountSettings), todas juntas',
      quota: 15,
      windowMs: 1_000,
      per: 'credential',
      accion: 'Retry con backoff',
      operations: ['getFunctionConfiguration', 'checkAccess'],
    },
  ],
  errors: lambdaErrors,
  fallbacks: [
    'Si Lambda no responde o limita, la operación queda en el libro de operaciones y se repite según su política mientras esté probado que la función no se ejecutó; nada aceptado se pierde.',
    'Si las credenciales fallan, el carril de la función se pausa, las operaciones se guardan y siguen cuando las credenciales se corrigen.',
    'Una invocación cuya respuesta se perdió no se repite en silencio: sigue lo que declare el flujo (revisión, reenvío marcado o descarte).',
  ],
});

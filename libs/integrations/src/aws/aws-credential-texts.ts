import type { CredentialSpec, ErrorSpec } from '../provider';

type EnvSpecs = CredentialSpec<never, never>['env'];

/**
 * Variables of the credentials every AWS provider takes (`AwsSecrets`, `AwsConfig`), for documents and `.env.example`.
 *
 * @param resources what lives in the region, in Spanish: `las colas`
 */
export function awsCredentialEnv(resources: string): EnvSpecs {
  return {
    accessKeyId: {
      variable: 'AWS_ACCESS_KEY_ID',
      descripcion: 'Id de la clave de acceso del tenant; no hace falta si se da un rol',
      required: false,
    },
    secretAccessKey: {
      variable: 'AWS_SECRET_ACCESS_KEY',
      descripcion: 'Clave de acceso secreta; va junto con su id',
      required: false,
    },
    sessionToken: {
      variable: 'AWS_SESSION_TOKEN',
      descripcion: 'Token de sesión, solo para claves temporales',
      required: false,
    },
    region: { variable: 'AWS_REGION', descripcion: `Región de ${resources}, por ejemplo us-east-1`, required: true },
    roleArn: {
      variable: 'AWS_ROLE_ARN',
      descripcion: 'Rol que se asume con el ExternalId del tenant, en vez de la clave o además de ella',
      required: false,
    },
    endpoint: {
      variable: 'AWS_ENDPOINT',
      descripcion: 'Dirección distinta de AWS: https en internet, o en una red que el operador permite',
      required: false,
    },
  };
}

/** What every AWS service answers when the key itself is the trouble. */
export const awsKeyErrors: readonly ErrorSpec[] = [
  {
    code: 'InvalidClientTokenId',
    failure: 'unauthorized',
    descripcion: '403: la clave de acceso no existe o fue revocada',
    accion: 'Se pausa el carril; no se pierde nada. Rotar las credenciales',
  },
  {
    code: 'SignatureDoesNotMatch',
    failure: 'unauthorized',
    descripcion: '403: la clave secreta no corresponde',
    accion: 'Se pausa el carril; no se pierde nada. Rotar las credenciales',
  },
  {
    code: 'ExpiredToken',
    failure: 'unauthorized',
    descripcion: '403: la sesión temporal expiró',
    accion: 'Una sesión de rol se renueva sola, una vez; si no, se pausa el carril',
  },
];

/** Failures without an answer of the service, which mean the same for every AWS service. */
export const awsUnansweredErrors: readonly ErrorSpec[] = [
  {
    code: 'ServiceUnavailable',
    failure: 'unknown',
    descripcion: '503: AWS no garantiza que no se haya ejecutado',
    accion: 'Como 500',
  },
  {
    code: 'ECONNREFUSED',
    failure: 'not_sent',
    descripcion: 'Sin conexión, DNS o TLS: está probado que no se envió',
    accion: 'Retry con espera',
  },
];

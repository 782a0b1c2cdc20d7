export { headerNameProblem, headerValueProblem } from './custom-headers';
export {
  newSigningSecret,
  publicJwkOf,
  publicKeyOf,
  secretProblem,
  signatureKindOf,
  SIGNATURE_KINDS,
  type SignatureKind,
  SigningSecretInvalidError,
} from './signing-secret';
export { webhooks } from './webhooks.provider';
export { Webhooks, WebhooksProviderModule } from './webhooks.module';
export {
  Deliver,
  Delivered,
  LONGEST_TIMEOUT_S,
  MOST_SIGNING_SECRETS,
  SigningSecretField,
  WebhookConfig,
  WebhookSecrets,
} from './webhooks.schemas';

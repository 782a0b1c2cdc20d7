import { egressFailure, type ErrorSpec, presentableText, unsentCause } from '@puente/integrations';
import { AppError, type Evidence, type Failure, notSent, unknown } from '@puente/kernel';
import type { NodemailerError } from 'nodemailer';

/** The message was not taken, or nobody knows. The session saw how far it came, so it says what that means. */
export class SmtpFailedError extends AppError {
  readonly code = 'SMTP_FAILED';

  constructor(readonly failure: Failure) {
    super(`The mail was not taken: ${failure.kind}${failure.code === undefined ? '' : ` (${failure.code})`}.`);
  }
}

export function classifySmtpError(error: unknown): Failure {
  if (error instanceof SmtpFailedError) return error.failure;
  return egressFailure(error) ?? unknown('internal');
}

type SessionError = Partial<Pick<NodemailerError, 'code' | 'responseCode' | 'response' | 'command'>> & {
  readonly originalCode?: unknown;
};

/**
 * Before the first byte of the content: whatever it is, there is no mail.
 *
 * A refusal that is about who we are must not end the mail, so all that comes before MAIL FROM is the account's to mend
 * or time's; only what the server says of this sender and this recipient is a verdict on this mail.
 */
export function failureBeforeContent(error: unknown): Failure {
  const { code, responseCode = 0, command = '', originalCode } = error as SessionError;
  const evidence = evidenceOf(error);
  if (responseCode >= 400 && responseCode < 500) return { kind: 'throttled', ...evidence };
  if (responseCode === 530 || responseCode === 535 || (code === 'EAUTH' && !isLost(error)))
    return { kind: 'unauthorized', ...evidence };
  if (responseCode >= 500 && command === 'STARTTLS')
    return { kind: 'unauthorized', ...evidence, code: 'STARTTLS_REFUSED' };
  if (responseCode >= 500 && /^(?:MAIL FROM|RCPT TO|DATA)/.test(command)) return { kind: 'rejected', ...evidence };
  if (responseCode >= 500) return notSent('refused', evidence);
  // Larger than the server said that it takes, or an address that it cannot be told: known before anything is sent.
  if ((code === 'EMESSAGE' || code === 'EENVELOPE') && !isLost(error))
    return { kind: 'rejected', code: code === 'EMESSAGE' ? 'MESSAGE_TOO_LARGE' : 'ADDRESS_REFUSED' };
  const network = typeof originalCode === 'string' ? { code: originalCode } : error;
  const cause = unsentCause(network);
  if (code === 'ETLS') return notSent('tls', { code: typeof originalCode === 'string' ? originalCode : 'ETLS' });
  return (
    egressFailure(error) ??
    notSent(cause ?? 'connect', { code: typeof originalCode === 'string' ? originalCode : (code ?? 'ECONNECTION') })
  );
}

/** After it: only the server's answer to the whole of it is a proof (RFC 5321 §4.2.5, §6.1). */
export function failureAfterContent(error: unknown): Failure {
  const { code, responseCode = 0, command } = error as SessionError;
  const evidence = evidenceOf(error);
  const isAnswer = code === 'EMESSAGE' && command === 'DATA';
  if (isAnswer && responseCode >= 400 && responseCode < 500) return { kind: 'throttled', ...evidence };
  if (isAnswer && responseCode >= 500 && responseCode < 600) return { kind: 'rejected', ...evidence };
  if (code === 'ETIMEDOUT') return unknown('timeout');
  return unknown(isAnswer || code === 'EPROTOCOL' ? 'bad_body' : 'reset', { code });
}

function isLost(error: unknown): boolean {
  const { code } = error as SessionError;
  return code === 'ECONNECTION' || code === 'ESOCKET' || code === 'ETIMEDOUT';
}

function evidenceOf(error: unknown): Evidence {
  const { code, responseCode, response } = error as SessionError;
  if (responseCode === undefined) return code === undefined ? {} : { code };
  const message = typeof response === 'string' ? presentableText(response) : undefined;
  return { code: String(responseCode), ...(message === undefined ? {} : { message }) };
}

const PAUSA = 'Refrescar token: se pausa el carril y no se gasta intento. Corregir las credenciales o la configuración';
const ESPERA = 'Backoff exponencial: 1 s, 2 s y 4 s, y luego el calendario; está probado que no se tomó';
const NO = 'Log + retry NO';

export const smtpErrors: readonly ErrorSpec[] = [
  {
    code: '535',
    failure: 'unauthorized',
    descripcion: '535, 534 y demás respuestas a AUTH: usuario o contraseña equivocados, o no admitidos',
    accion: PAUSA,
  },
  {
    code: '530',
    failure: 'unauthorized',
    descripcion: 'El servidor exige autenticarse, o cifrar, antes de recibir correo',
    accion: PAUSA,
  },
  {
    code: 'STARTTLS_REFUSED',
    failure: 'unauthorized',
    descripcion: 'El servidor no ofrece STARTTLS; sin cifrado no se dice nada',
    accion: PAUSA,
  },
  { code: '421', failure: 'throttled', descripcion: 'El servidor se retira o limita las conexiones', accion: ESPERA },
  { code: '450', failure: 'throttled', descripcion: 'Buzón ocupado, o lista gris (greylisting)', accion: ESPERA },
  { code: '451', failure: 'throttled', descripcion: 'Error del servidor mientras procesaba', accion: ESPERA },
  { code: '452', failure: 'throttled', descripcion: 'Sin espacio, o demasiados destinatarios', accion: ESPERA },
  { code: '454', failure: 'throttled', descripcion: 'Falla temporal de la autenticación o de TLS', accion: ESPERA },
  { code: '550', failure: 'rejected', descripcion: 'El buzón no existe o el correo no se admite', accion: NO },
  { code: '551', failure: 'rejected', descripcion: 'El destinatario no es de ese servidor', accion: NO },
  { code: '552', failure: 'rejected', descripcion: 'El buzón está lleno o el correo es muy grande', accion: NO },
  { code: '553', failure: 'rejected', descripcion: 'El remitente o el destinatario no son admitidos', accion: NO },
  { code: '554', failure: 'rejected', descripcion: 'La transacción falló: correo no admitido', accion: NO },
  {
    code: 'MESSAGE_TOO_LARGE',
    failure: 'rejected',
    descripcion: 'Más grande que lo que el servidor anunció que acepta; no se envió',
    accion: NO,
  },
  {
    code: 'EGRESS_ADDRESS_REFUSED',
    failure: 'unauthorized',
    descripcion: 'El nombre del servidor no lleva a una dirección pública de internet; no se envió nada',
    accion: 'Se pausa el carril. Corregir `host`, o pedir al operador que permita su red',
  },
  {
    code: 'EGRESS_URL_REFUSED',
    failure: 'unauthorized',
    descripcion: '`security: none`, o un puerto, que el operador no permite; no se envió nada',
    accion: 'Se pausa el carril. Usar STARTTLS (587) o TLS (465), o pedir al operador que permita su red',
  },
  {
    code: 'ECONNREFUSED',
    failure: 'not_sent',
    descripcion: 'Sin conexión, DNS o TLS, o cortada antes del contenido: está probado que no se envió',
    accion: 'Retry según el calendario',
  },
  {
    code: 'timeout',
    failure: 'unknown',
    descripcion: 'El contenido se envió y no llegó la respuesta: pudo entregarse',
    accion: 'Timeout 1 retry en general. Aquí no se repite en silencio: revisión, reenvío o descarte, según el flujo',
  },
];

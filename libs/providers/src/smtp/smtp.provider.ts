import { defineProvider } from '@puente/integrations';
import { SmtpClient } from './smtp.client';
import { classifySmtpError, smtpErrors } from './smtp.errors';
import { CheckConnection, Connected, SendMail, Sent, SmtpConfig, SmtpSecrets } from './smtp.schemas';

const SPECIFICATION = 'https://www.rfc-editor.org/rfc/rfc5321.html';

/**
 * Mail through a tenant's own SMTP account, one recipient a mail.
 *
 * `send` is `once`: a server that does not answer after the content may have taken it, and nobody can be asked. Until the
 * content is begun there is no mail, whatever happens. Every repeat has the same Message-ID.
 */
export const smtp = defineProvider({
  meta: {
    id: 'smtp',
    code: 'INT-012',
    title: 'Correo SMTP',
    vendor: 'SMTP (cualquier servidor)',
    category: 'Notificaciones',
    inventoryType: 'correo',
    integratedOn: '2026-11-23',
    reviewedOn: '2026-11-23',
    references: [
      { title: 'SMTP (RFC 5321)', url: SPECIFICATION },
      { title: 'STARTTLS (RFC 3207)', url: 'https://www.rfc-editor.org/rfc/rfc3207.html' },
      { title: 'TLS para enviar correo (RFC 8314)', url: 'https://www.rfc-editor.org/rfc/rfc8314.html' },
      { title: 'Nodemailer', url: 'https://nodemailer.com/' },
    ],
  },
  credentials: {
    model: 'tenant',
    secrets: SmtpSecrets,
    config: SmtpConfig,
    env: {
      user: { variable: 'SMTP_USER', descripcion: 'Usuario en el servidor (EMAIL_USER)', required: false },
      password: { variable: 'SMTP_PASSWORD', descripcion: 'Su contraseña (EMAIL_PASSWORD)', required: false },
      host: { variable: 'SMTP_HOST', descripcion: 'Servidor que recibe nuestro correo (EMAIL_HOST)', required: true },
      port: {
        variable: 'SMTP_PORT',
        descripcion: 'Puerto (EMAIL_PORT); sin valor 587, con `tls` 465 y con `none` 25',
        required: false,
      },
      security: {
        variable: 'SMTP_SECURITY',
        descripcion: '`starttls` (sin valor), `tls`, o `none` solo en redes que el operador permite',
        required: false,
      },
      ca: {
        variable: 'SMTP_CA',
        descripcion: 'Autoridades del certificado del servidor, en PEM, en lugar de las habituales',
        required: false,
      },
      fromAddress: { variable: 'SMTP_FROM_ADDRESS', descripcion: 'Remitente de lo que no nombra uno', required: true },
      fromName: { variable: 'SMTP_FROM_NAME', descripcion: 'Nombre junto a esa dirección', required: false },
    },
    rotateEveryDays: 90,
    rebindOn: ['host', 'port', 'security', 'ca'],
  },
  connect: (secrets, config, { egress }) => new SmtpClient(secrets, config, egress),
  operations: (operation) => ({
    send: operation({
      summary: 'Sends a mail to one recipient, as text, HTML or both.',
      descripcion: 'Envía un correo a un destinatario, en texto, HTML o ambos',
      endpoint: 'MAIL FROM, RCPT TO y DATA',
      documentation: SPECIFICATION,
      effect: 'once',
      policy: 'messaging',
      input: SendMail,
      output: Sent,
      example: {
        input: {
          to: 'cliente@example.com',
          subject: 'Tu pago fue aprobado',
          text: 'Hola, Núñez: recibimos tu pago de $2.000.',
          html: '<p>Hola, Núñez: recibimos tu pago de <b>$2.000</b>.</p>',
        },
        output: { messageId: '019aa1b2-7c00-7000-8000-000000000001@example.com', response: '250 2.0.0 OK' },
      },
      run: (client: SmtpClient, input, call) => client.send(input, call),
    }),
    checkConnection: operation({
      summary: 'Connects and signs in; sends nothing.',
      descripcion: 'Prueba las credenciales: se conecta y se identifica, sin enviar nada',
      endpoint: 'EHLO, STARTTLS, AUTH y RSET',
      documentation: SPECIFICATION,
      effect: 'read',
      policy: 'interactive',
      input: CheckConnection,
      output: Connected,
      example: { input: {}, output: { security: 'starttls', authenticated: true } },
      run: (client, _input, call) => client.check(call),
    }),
  }),
  probe: { operation: 'checkConnection', input: () => ({}) },
  classify: classifySmtpError,
  limits: [
    {
      limite: 'Correos por día: los fija cada servidor (Gmail 500, Amazon SES según la cuenta)',
      quota: 500,
      windowMs: 86_400_000,
      per: 'credential',
      accion: 'Cola de espera',
      operations: [], // what a server allows only it knows; its 4xx replies say so
    },
  ],
  errors: smtpErrors,
  fallbacks: [
    'Si el servidor no responde o pide esperar (4xx), el correo queda en el libro de operaciones y se repite según su calendario, mientras esté probado que no se envió; nada aceptado se pierde.',
    'Un correo cuya respuesta se perdió después del contenido no se repite en silencio: sigue lo que declare el flujo (revisión, reenvío con el mismo Message-ID, o descarte).',
    'Si las credenciales fallan, el carril se pausa y los correos siguen cuando se corrigen.',
  ],
});

import { defineProvider } from '@puente/integrations';
import { MqttPublisher } from './mqtt.client';
import { classifyMqttError, mqttErrors } from './mqtt.errors';
import { CheckConnection, Connected, MqttConfig, MqttSecrets, Publish, Published } from './mqtt.schemas';

const SPECIFICATION = 'https://docs.oasis-open.org/mqtt/mqtt/v3.1.1/os/mqtt-v3.1.1-os.html';
const VERSION_5 = 'https://docs.oasis-open.org/mqtt/mqtt/v5.0/os/mqtt-v5.0-os.html';

/**
 * A tenant's MQTT broker. A message is published with QoS 1 and is done when the broker has acknowledged it; it is never
 * retained.
 *
 * `publish` is `once`: without the acknowledgement nobody can be asked, and mqtt.js's own repeats are off, so that the
 * flow decides. MQTT delivers at least once anyway, so a flow whose receivers know repeats declares `resend`.
 *
 * What is received comes through `MqttListeners`, of the worker, and not through operations.
 */
export const mqtt = defineProvider({
  meta: {
    id: 'mqtt',
    code: 'INT-010',
    title: 'MQTT',
    vendor: 'OASIS MQTT (cualquier bróker)',
    category: 'Mensajeria',
    inventoryType: 'mensajeria',
    integratedOn: '2026-11-23',
    reviewedOn: '2026-11-23',
    references: [
      { title: 'Especificación de MQTT 3.1.1', url: SPECIFICATION },
      { title: 'Especificación de MQTT 5.0', url: VERSION_5 },
      { title: 'Cliente MQTT.js', url: 'https://github.com/mqttjs/MQTT.js' },
    ],
  },
  credentials: {
    model: 'tenant',
    secrets: MqttSecrets,
    config: MqttConfig,
    env: {
      username: { variable: 'MQTT_USERNAME', descripcion: 'Usuario en el bróker (BROKER_USER)', required: false },
      password: { variable: 'MQTT_PASSWORD', descripcion: 'Su contraseña (BROKER_PASSWORD)', required: false },
      url: {
        variable: 'MQTT_URL',
        descripcion:
          'Dirección del bróker: `mqtts://host:8883` (BROKER_HOST y BROKER_PORT); `mqtt://` solo en redes que el operador permite',
        required: true,
      },
      ca: {
        variable: 'MQTT_CA',
        descripcion: 'Autoridades del certificado del bróker, en PEM, en lugar de las habituales',
        required: false,
      },
      protocolVersion: {
        variable: 'MQTT_PROTOCOL_VERSION',
        descripcion: 'Versión de MQTT: `3.1.1` (sin valor) o `5`',
        required: false,
      },
      clientIdPrefix: {
        variable: 'MQTT_CLIENT_ID_PREFIX',
        descripcion: 'Comienzo de los identificadores de cliente; `puente` sin valor',
        required: false,
      },
      willTopic: {
        variable: 'MQTT_WILL_TOPIC',
        descripcion:
          'Tema de la última voluntad: ahí avisa el bróker cuando una conexión de Puente se corta sin despedida',
        required: false,
      },
    },
    rotateEveryDays: 90,
    rebindOn: ['url', 'ca'],
  },
  connect: (secrets, config, { egress }) => new MqttPublisher(secrets, config, egress),
  disconnect: (client: MqttPublisher) => {
    client.close();
  },
  operations: (operation) => ({
    publish: operation({
      summary: 'Publishes a message with QoS 1, not retained; it is done when the broker has acknowledged it.',
      descripcion: 'Publica un mensaje con QoS 1, sin retener, y espera la confirmación (PUBACK) del bróker',
      endpoint: 'PUBLISH (QoS 1) y PUBACK',
      documentation: SPECIFICATION,
      effect: 'once',
      policy: 'messaging',
      input: Publish,
      output: Published,
      example: {
        input: {
          topic: 'fixtures/validation',
          payload: { request_id: '0b0ad8c4-9d52-4d5c-8d3f-1f7c0f7a5a10', group_id: '15', seller: 0, valid: true },
        },
        output: { topic: 'fixtures/validation', bytes: 90 },
      },
      run: (client: MqttPublisher, input, call) => client.publish(input, call),
    }),
    checkConnection: operation({
      summary: 'Connects with the credentials, exchanges a ping and leaves; publishes nothing.',
      descripcion: 'Prueba las credenciales: se conecta, intercambia un ping y se despide',
      endpoint: 'CONNECT, PINGREQ y DISCONNECT',
      documentation: SPECIFICATION,
      effect: 'read',
      policy: 'interactive',
      input: CheckConnection,
      output: Connected,
      example: { input: {}, output: { clientId: 'puente-4f1c9a0b7d2e' } },
      run: (client, _input, call) => client.check(call),
    }),
  }),
  probe: { operation: 'checkConnection', input: () => ({}) },
  classify: classifyMqttError,
  limits: [
    {
      limite: 'Mensajes sin confirmar a la vez por conexión (MQTT 5: `Receive Maximum` del bróker)',
      quota: 1_000,
      windowMs: 0,
      per: 'credential',
      accion: 'Cola de espera',
    },
  ],
  errors: mqttErrors,
  fallbacks: [
    'Si el bróker no responde, la publicación queda en el libro de operaciones y se repite según su calendario mientras esté probado que no se envió; nada aceptado se pierde.',
    'Una publicación cuya confirmación se perdió no se repite en silencio: sigue lo que declare el flujo (revisión, reenvío o descarte).',
    'Si la escucha se corta, se reconecta con espera creciente; los mensajes con QoS 1 esperan en la sesión que guarda el bróker.',
  ],
});

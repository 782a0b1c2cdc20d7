import { bodyMd5 } from '@puente/queue';
import { parseMessage } from './parse-message';
import { queueBody } from './queue-body';

/** What Python 3.11 printed: `s = json.dumps({...}); print(s); print(hashlib.md5(s.encode()).hexdigest())`. */
const VECTORS = [
  {
    fields: {
      sns_topic: 'arn:aws:sns:us-east-1:000000000000:demo',
      subject: '¡Oferta! ñandú',
      message: 'Línea 1\nLínea "2"\t🎉 \u007f \u2028 € / \\ \u0001',
    },
    body: String.raw`{"sns_topic": "arn:aws:sns:us-east-1:000000000000:demo", "subject": "\u00a1Oferta! \u00f1and\u00fa", "message": "L\u00ednea 1\nL\u00ednea \"2\"\t\ud83c\udf89 \u007f \u2028 \u20ac / \\ \u0001"}`,
    md5: '69e7e43ac891b1be6fabb5e7a08a4261',
  },
  {
    fields: {
      sns_topic: 'arn:aws:sns:us-east-1:000000000000:demo',
      subject: 'Recordatorio',
      message: 'mañana a las 10',
      event: 'reminder.due',
    },
    body: String.raw`{"sns_topic": "arn:aws:sns:us-east-1:000000000000:demo", "subject": "Recordatorio", "message": "ma\u00f1ana a las 10", "event": "reminder.due"}`,
    md5: '9a20a43e4de49937ad552744ea34f751',
  },
];

describe('queueBody', () => {
  it.each(VECTORS)('writes the bytes of json.dumps, so that MD5 $md5 is that of the Python producer', (vector) => {
    const body = queueBody(vector.fields);

    expect(body).toBe(vector.body);
    expect(bodyMd5(body)).toBe(vector.md5);
  });

  it('is read back as it was', () => {
    const { sns_topic: topic, subject, message } = VECTORS[0]!.fields;

    expect(parseMessage(VECTORS[0]!.body)).toEqual({ ok: true, value: { topic, subject, message, event: undefined } });
  });
});

describe('parseMessage', () => {
  const good = { sns_topic: 'arn:aws:sns:us-east-1:000000000000:demo', subject: 'Hola', message: 'texto' };

  it('tolerates fields it does not know and keeps them out', () => {
    const parsed = parseMessage(JSON.stringify({ ...good, prioridad: 1, event: null }));

    expect(parsed).toEqual({
      ok: true,
      value: { topic: good.sns_topic, subject: 'Hola', message: 'texto', event: undefined },
    });
  });

  it.each([
    ['no JSON', 'hola', 'the body is not JSON'],
    ['no object', '["a"]', 'the body is not a JSON object'],
    ['null', 'null', 'the body is not a JSON object'],
    ['a missing field', JSON.stringify({ subject: 'a', message: 'b' }), 'sns_topic: is missing'],
    [
      'a message that is no text',
      JSON.stringify({ ...good, message: { a: 1 } }),
      'message: Invalid input: expected string, received object',
    ],
    [
      'an event with a NUL',
      JSON.stringify({ ...good, event: 'a\u0000b' }),
      'event: expected text without control characters',
    ],
    [
      'half a character',
      '{"sns_topic": "t", "subject": "a", "message": "\\ud83c"}',
      'message: expected well-formed Unicode',
    ],
    [
      'too much',
      JSON.stringify({ ...good, message: 'ñ'.repeat(131_073) }),
      'message: too large, SNS takes at most 262144 bytes',
    ],
  ])('refuses %s and says why', (_what, body, reason) => {
    expect(parseMessage(body)).toEqual({ ok: false, reason });
  });
});

import { AwsToken, attributeValues, awsMessageAttributes, awsToken, utf8Text } from './aws-message.schemas';

describe('a deduplication id', () => {
  it('is the key where AWS takes it, and else something equal for equal keys', () => {
    expect(awsToken('0190b6c2-7e5a-7cc0-8000-000000000000')).toBe('0190b6c2-7e5a-7cc0-8000-000000000000');
    for (const key of ['pedido nº 7', 'with space', 'a'.repeat(129), '']) {
      expect(awsToken(key)).toBe(awsToken(key));
      expect(AwsToken.safeParse(awsToken(key)).success).toBe(true);
    }
    expect(awsToken('pedido nº 7')).not.toBe(awsToken('pedido nº 8'));
  });
});

describe('message attributes', () => {
  const Attributes = awsMessageAttributes(2);
  const one = (name: string, type: string, value: string): boolean =>
    Attributes.safeParse({ [name]: { type, value } }).success;

  it('are strings, numbers and base64', () => {
    expect(one('a', 'String', 'ñ')).toBe(true);
    expect(one('a', 'Number', '-12.5e3')).toBe(true);
    expect(one('a', 'Number.int', '7')).toBe(true);
    expect(one('a', 'Binary', 'AAEC')).toBe(true);
    expect(attributeValues({ a: { type: 'Binary', value: 'AAEC' }, b: { type: 'Number', value: '7' } })).toEqual({
      a: { DataType: 'Binary', BinaryValue: Buffer.from([0, 1, 2]) },
      b: { DataType: 'Number', StringValue: '7' },
    });
  });

  it('are refused when AWS would refuse them', () => {
    expect(one('a', 'Number', 'seven')).toBe(false);
    expect(one('a', 'Number', '')).toBe(false);
    expect(one('a', 'Binary', 'not base64!')).toBe(false);
    expect(one('a', 'Bool', 'true')).toBe(false);
    expect(one('a', 'String', '')).toBe(false);
    for (const name of ['', 'AWS.x', 'aws.x', 'Amazon.x', '.a', 'a.', 'a..b', 'a b', 'ñ', 'a'.repeat(257)]) {
      expect(one(name, 'String', 'x')).toBe(false);
    }
    const three = Object.fromEntries(['a', 'b', 'c'].map((name) => [name, { type: 'String', value: 'x' }]));
    expect(Attributes.safeParse(three).success).toBe(false);
  });
});

describe('text', () => {
  it('is counted in bytes and must have a UTF-8 form', () => {
    const Text = utf8Text(4);
    expect(Text.safeParse('🦤').success).toBe(true);
    expect(Text.safeParse('🦤!').success).toBe(false);
    expect(Text.safeParse('').success).toBe(false);
    expect(Text.safeParse('\ud83e').success).toBe(false);
  });
});

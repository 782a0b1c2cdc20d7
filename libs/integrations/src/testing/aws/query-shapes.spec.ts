import { decodeForm, encodeXml, escapeXml } from './query-shapes';
import type { Fields } from './query-shapes';

describe('Query protocol', () => {
  const fields: Fields = {
    Name: 'string',
    Count: 'integer',
    Flag: 'boolean',
    Flat: { list: 'string', as: 'Item' },
    Nested: { list: { structure: { Id: 'string', Tags: { map: 'string', as: 'Tag', key: 'Key', value: 'Value' } } } },
    Attributes: { map: 'string', key: 'key', value: 'value' },
  };
  const decoded = {
    Name: 'ñ & <b>',
    Count: 7,
    Flag: true,
    Flat: ['a', 'b'],
    Nested: [{ Id: '1', Tags: { t: 'x' } }, { Id: '2' }],
    Attributes: { All: 'yes' },
  };

  it('reads flat and nested lists, maps and structures, by their numbers', () => {
    const form = new URLSearchParams([
      ['Name', 'ñ & <b>'],
      ['Count', '7'],
      ['Flag', 'true'],
      ['Item.10', 'b'],
      ['Item.2', 'a'],
      ['Nested.member.1.Id', '1'],
      ['Nested.member.1.Tag.1.Key', 't'],
      ['Nested.member.1.Tag.1.Value', 'x'],
      ['Nested.member.2.Id', '2'],
      ['Attributes.entry.1.key', 'All'],
      ['Attributes.entry.1.value', 'yes'],
      ['Unknown.1.Thing', 'ignored'],
    ]);
    expect(decodeForm(form, fields)).toEqual(decoded);
  });

  it('refuses a number that is none', () => {
    expect(() => decodeForm(new URLSearchParams({ Count: 'seven' }), fields)).toThrow(
      'Value seven for parameter Count is invalid',
    );
  });

  it('writes the same shapes as XML', () => {
    expect(encodeXml(decoded, fields)).toBe(
      '<Name>ñ &amp; &lt;b&gt;</Name><Count>7</Count><Flag>true</Flag><Item>a</Item><Item>b</Item>' +
        '<Nested><member><Id>1</Id><Tag><Key>t</Key><Value>x</Value></Tag></member><member><Id>2</Id></member></Nested>' +
        '<Attributes><entry><key>All</key><value>yes</value></entry></Attributes>',
    );
  });

  it('keeps a carriage return from being read as a line feed', () => {
    expect(escapeXml('a\r\nb')).toBe('a&#xD;\nb');
  });
});

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SyntaxNode, Tree } from '@lezer/common';
import { parser as python } from '@lezer/python';
import { parser as xml } from '@lezer/xml';
import { loopbackEgress } from '@puente/integrations/contract-suite';
import { Cancellation, Secret } from '@puente/kernel';
import { OdooClient } from './odoo.client';
import { ScriptedOdoo } from './testing/scripted-odoo';

const root = join(__dirname, 'addon/puente_bridge');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const files = (ending: string): string[] =>
  readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith(ending));

/** Lines on which a text is not of its language. */
function faults(tree: Tree, text: string): number[] {
  const lines: number[] = [];
  tree.iterate({
    enter: ({ type, from }) => {
      if (type.isError || /^(Mismatched|Missing)/.test(type.name)) lines.push(text.slice(0, from).split('\n').length);
    },
  });
  return lines;
}

/** A literal of Python: text, list of them, or truth. */
function literal(node: SyntaxNode, text: string): unknown {
  const written = text.slice(node.from, node.to);
  switch (node.name) {
    case 'String':
      return written.replace(/^("""|"|')([\s\S]*)\1$/, '$2');
    case 'Boolean':
      return written === 'True';
    case 'ArrayExpression':
      return node.getChildren('String').map((item) => literal(item, text));
    default:
      throw new Error(`${node.name} is no literal: ${written}`);
  }
}

function manifest(): Record<string, unknown> {
  const text = read('__manifest__.py');
  const [statement] = python.parse(text).topNode.getChildren('ExpressionStatement');
  const members: Record<string, unknown> = {};
  const entries = statement?.getChild('DictionaryExpression');
  let key: string | undefined;
  for (let node = entries?.firstChild ?? null; node; node = node.nextSibling) {
    if (!/^(String|Boolean|ArrayExpression)$/.test(node.name)) continue;
    if (key === undefined) key = String(literal(node, text));
    else [members[key], key] = [literal(node, text), undefined];
  }
  return members;
}

/** Words of a pattern's first group, over all files of an ending. */
function words(ending: string, pattern: RegExp): string[] {
  return files(ending).flatMap((path) => [...read(path).matchAll(pattern)].map(([, word]) => String(word)));
}

const models = (): string[] => words('.py', /^ {4}_name = "([^"]+)"$/gm);
const records = (): string[] => words('.xml', /<record id="([^"]+)"/g);

/** Odoo is not on this machine; its own tests of the addon are run by its own runner, as the README tells. */
describe('puente_bridge, the addon', () => {
  it.each(files('.py'))('%s is Python', (path) => {
    expect(faults(python.parse(read(path)), read(path))).toEqual([]);
  });

  it.each(files('.xml'))('%s is XML for Odoo', (path) => {
    expect(faults(xml.parse(read(path)), read(path))).toEqual([]);
    expect(read(path)).toMatch(/^<\?xml version="1.0" encoding="utf-8"\?>\n<odoo[ >]/);
  });

  it('finds what is no Python and no XML', () => {
    expect(faults(python.parse('def f(:\n    pass\n'), 'def f(:\n    pass\n')).not.toEqual([]);
    expect(faults(xml.parse('<odoo><record></odoo>'), '<odoo><record></odoo>')).not.toEqual([]);
  });

  it('has a manifest that Odoo 17, 18 and 19 take', () => {
    const { data, ...rest } = manifest();
    expect(rest).toEqual({
      name: expect.any(String) as unknown,
      summary: expect.any(String) as unknown,
      description: expect.any(String) as unknown,
      version: expect.stringMatching(/^\d+\.\d+\.\d+$/) as unknown, // without a series Odoo puts its own before it
      category: 'Technical',
      author: 'Puente',
      license: 'LGPL-3',
      depends: ['base'],
      installable: true,
      application: false,
      auto_install: false,
    });
    expect(read('LICENSE')).toMatch(/GNU LESSER GENERAL PUBLIC LICENSE\s+Version 3/);
    const shipped = [...files('.xml'), ...files('.csv')];
    expect([...(data as string[])].sort()).toEqual(shipped.sort());
  });

  it('loads groups before the rights that name them, and views last', () => {
    const order = (manifest().data as string[]).map((path) => path.replace(/\/.*[.]/, ' '));
    expect(order).toEqual(['security xml', 'security csv', 'data xml', 'views xml']);
  });

  it('gives rights on its own models to groups that there are', () => {
    const [head, ...lines] = read('security/ir.model.access.csv').trim().split('\n');
    const rights = lines.map((line) => line.split(','));
    expect(head).toBe('id,name,model_id:id,group_id:id,perm_read,perm_write,perm_create,perm_unlink');
    expect(new Set(rights.map((right) => right[2]))).toEqual(
      new Set(models().map((name) => `model_${name.replaceAll('.', '_')}`)),
    );
    for (const right of rights) {
      expect(right).toHaveLength(8);
      expect([...records(), 'base.group_system']).toContain(right[3]);
    }
    const calls = rights.filter((right) => right[2] === 'model_puente_bridge_call');
    expect(calls.map((right) => right.slice(4).join(''))).toEqual(['1000']); // read by administrators, written by nobody
  });

  it('names its bot group as it is called, and its models as its actions do', () => {
    expect(words('.py', /^BOT(?:_GROUP)? = "puente_bridge[.]([^"]+)"$/gm)).toEqual(
      expect.arrayContaining(['group_puente_bot']) as unknown,
    );
    expect(records()).toContain('group_puente_bot');
    expect(words('.xml', /<field name="res_model">([^<]+)</g).sort()).toEqual(models().sort());
    expect(records()).toEqual(expect.arrayContaining(words('.xml', / action="([^"]+)"/g)) as unknown);
  });

  it('uses nothing that one of the three versions lacks', () => {
    const source = [...files('.py'), ...files('.xml')]
      .filter((path) => !path.startsWith('tests/'))
      .map(read)
      .join('\n');
    // _sql_constraints is ignored by 19, models.Constraint is not in 17; tree is list since 18; 19 renamed groups’ fields.
    const strange =
      /_sql_constraints\s*=|models\.Constraint\(|<tree\b|<list\b|<kanban\b|category_id|privilege_id|numbercall|api\.private/;
    expect(strange.exec(source)?.[0]).toBeUndefined();
  });

  it('runs the tests it has, by the tag of the README', () => {
    const cases = files('.py').filter((path) => path.startsWith('tests/test_'));
    const imported = [...read('tests/__init__.py').matchAll(/^from [.] import (\w+)$/gm)].map(([, name]) => name);
    expect(imported.map((name) => `tests/${String(name)}.py`).sort()).toEqual(cases.sort());
    for (const path of cases) {
      expect(read(path)).toContain('@tagged("post_install", "-at_install", "puente_bridge")\nclass ');
    }
    expect(read('README.md')).toContain('--test-tags puente_bridge');
  });

  it.each(['json-2', 'json-rpc'] as const)(
    'takes the arguments that the client gives it over %s',
    async (transport) => {
      const odoo = await ScriptedOdoo.start();
      const config = { url: odoo.url, database: 'books', login: 'bot', transport };
      const client = new OdooClient(new Secret({ apiKey: 'key-0123456789' }), config, loopbackEgress());
      try {
        odoo.says(({ path, text }) => ({
          body: JSON.stringify(
            path === '/jsonrpc'
              ? {
                  jsonrpc: '2.0',
                  id: /"id":(\d+)/.exec(text)?.[1] && Number(/"id":(\d+)/.exec(text)?.[1]),
                  result: text.includes('authenticate') ? 7 : { duplicate: false, result: 1 },
                }
              : { duplicate: false, result: 1 },
          ),
        }));
        const call = {
          key: 'k1',
          model: 'account.move',
          method: 'create_post_move',
          ids: [1],
          args: [2],
          kwargs: { a: 3 },
        };
        await client.callOnce(call, { cancel: new Cancellation() });

        const { path, text } = odoo.requests.at(-1) ?? { path: '', text: '{}' };
        const body = JSON.parse(text) as { params?: { args: unknown[] } };
        const named = (body.params ? body.params.args.at(-1) : body) as Record<string, unknown>;
        const [, parameters = ''] = /def call_once\(self, ([^)]*)\)/.exec(read('models/bridge_call.py')) ?? [];
        expect(transport === 'json-2' ? path : (body.params?.args.slice(3, 5).join('/') ?? '')).toContain(
          'puente.bridge.call/call_once',
        );
        expect(Object.keys(named).sort()).toEqual(
          parameters
            .split(', ')
            .map((one) => one.replace(/=.*/, ''))
            .sort(),
        );
        expect(named).toMatchObject({ call_args: [[1], 2], call_kwargs: { a: 3 } });
      } finally {
        client.close();
        await odoo.stop();
      }
    },
  );
});

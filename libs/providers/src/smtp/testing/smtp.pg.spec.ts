import { StandInHost } from '@puente/integrations/testing';
import { createTransport } from 'nodemailer';
import { createTestDatabase, type TestDatabase } from '../../../../../test/support/test-database';
import { SANDBOX_MAIL_LOGIN, SmtpStandIn } from '.';

let database: TestDatabase;
let host: StandInHost;
let standIn: SmtpStandIn;

beforeAll(async () => {
  database = await createTestDatabase();
  standIn = new SmtpStandIn(0);
  host = await StandInHost.start({ databaseUrl: database.superuserUrl, port: 0, parts: [standIn] });
});

afterAll(async () => {
  await host.stop();
  await database.drop();
});

const ask = async (path: string, accept = '*/*'): Promise<string> =>
  (await fetch(`${host.url}/_sandbox/smtp/${path}`, { headers: { accept } })).text();

it('takes mail of any client and shows it, as JSON to programs and as pages to people', async () => {
  const { user, password: pass } = SANDBOX_MAIL_LOGIN;
  const transport = createTransport({ host: '127.0.0.1', port: standIn.port, ignoreTLS: true, auth: { user, pass } });
  const html = '<p onclick="x()">Hola "<b>Núñez</b>"</p><script>parent.x = 1</script>';
  const mail = { from: 'a@example.com', to: 'ana@example.com', subject: '<i>Pago</i> & "más"', text: 'Hola', html };
  const { messageId } = await transport.sendMail(mail);
  const id = messageId.slice(1, -1);

  const [received] = JSON.parse(await ask('received')) as Record<string, unknown>[];
  expect(received).toMatchObject({ operation: 'send', to: mail.to, subject: mail.subject, html, messageId: id });

  const list = await ask('received', 'text/html,application/xhtml+xml');
  expect(list).toContain(
    `<a href="messages/${encodeURIComponent(id)}">&lt;i&gt;Pago&lt;/i&gt; &amp; &quot;más&quot;</a>`,
  );
  const page = await ask(`messages/${encodeURIComponent(id)}`, 'text/html');
  // In a frame that runs nothing, and nowhere else: the page itself is ours.
  expect(page).toMatch(/<iframe sandbox="" [^>]*srcdoc="&lt;p onclick=&quot;x\(\)&quot;&gt;Hola/);
  expect(page).not.toMatch(/<script|<i>Pago/);
  expect(await ask('messages/nobody')).toContain('no such mail');
});

it('lets nobody in with another password', async () => {
  const auth = { user: SANDBOX_MAIL_LOGIN.user, pass: 'wrong' };
  const transport = createTransport({ host: '127.0.0.1', port: standIn.port, ignoreTLS: true, auth });
  await expect(transport.verify()).rejects.toMatchObject({ responseCode: 535 });
});

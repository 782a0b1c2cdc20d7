import { EgressGuard, HostResolver } from '@puente/egress';
import { classifyHttpError } from './classify-http-error';
import { HttpConnection } from './http-connection';

/**
 * A process of its own, since Node reads NODE_EXTRA_CA_CERTS once: calls each address of its arguments, whose names all
 * lead to loopback, and prints what came of each.
 */
class Loopback extends HostResolver {
  async resolve(): Promise<readonly string[]> {
    return ['127.0.0.1'];
  }
}

async function call(origin: string): Promise<unknown> {
  const ports = [Number(new URL(origin).port)];
  const egress = new EgressGuard({ allowedCidrs: ['127.0.0.1/32'], ports }, new Loopback());
  const connection = new HttpConnection(origin, undefined, { egress });
  try {
    return await connection.json({ method: 'GET', path: '/', signal: AbortSignal.timeout(5_000) });
  } catch (error) {
    return classifyHttpError(error);
  } finally {
    connection.close();
  }
}

void Promise.all(process.argv.slice(2).map(call)).then((answers) => {
  process.stdout.write(JSON.stringify(answers));
});

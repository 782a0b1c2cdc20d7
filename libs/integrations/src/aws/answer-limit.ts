import { pipeline, Readable, Transform } from 'node:stream';
import { traceAnswer } from './aws-call-trace';
import { AwsAnswerTooLargeError } from './aws-errors';

/** The largest answer of all operations we use is Lambda's: 6 MB. */
const LARGEST_ANSWER_BYTES = 16 * 1024 * 1024;

interface Answered {
  response: unknown;
}

interface RawResponse {
  body?: unknown;
  readonly statusCode?: number;
  /** In lower case, as Node's parser gives them. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** What is used here of the SDK's middleware stack, whose own types are generic over each service's inputs and outputs. */
interface AnswerStack {
  addRelativeTo(
    middleware: (next: (args: unknown) => Promise<Answered>) => (args: unknown) => Promise<Answered>,
    options: { relation: 'after'; toMiddleware: string; name: string },
  ): void;
}

/**
 * Cuts off an answer that goes on and on: the SDK reads to the end whatever it is sent, into memory (T20). The call then
 * fails as one whose answer could not be read. On the way the head of each answer is told to whoever listens to the call.
 */
export function withAnswerLimit<Client extends { readonly middlewareStack: object }>(
  client: Client,
  bytes = LARGEST_ANSWER_BYTES,
): Client {
  (client.middlewareStack as AnswerStack).addRelativeTo(
    (next) => async (args) => {
      const answered = await next(args);
      const response = answered.response as RawResponse;
      traceAnswer({ status: response.statusCode ?? 0, headers: response.headers ?? {} });
      if (response.body instanceof Readable) response.body = limited(response.body, bytes);
      return answered;
    },
    { relation: 'after', toMiddleware: 'deserializerMiddleware', name: 'answerLimit' },
  );
  return client;
}

function limited(body: Readable, bytes: number): Readable {
  let seen = 0;
  const limit = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      seen += chunk.length;
      if (seen > bytes) done(new AwsAnswerTooLargeError(bytes));
      else done(null, chunk);
    },
  });
  // Who reads the limit hears of every error; the connection is closed by the pipeline.
  pipeline(body, limit, () => undefined);
  return limit;
}

export interface FunctionName {
  readonly functionName: string;
  /** The name is used as it is. */
  readonly nameIncludesEnv: boolean;
}

/** https://docs.aws.amazon.com/lambda/latest/api/API_FunctionConfiguration.html, FunctionName */
export const NAME = /^[\w-]{1,64}$/;
const ARN = /^arn:aws[a-z-]*:lambda:[a-z0-9-]+:\d{12}:function:[\w-]{1,64}$/;

/** The rule of S0.1: `{functionName}-{environment}`, except when the name says that it is whole. */
export function finalFunctionName({ functionName, nameIncludesEnv }: FunctionName, environment: string): string {
  return nameIncludesEnv ? functionName : `${functionName}-${environment}`;
}

/** What is wrong with a name; undefined when nothing is. */
export function functionNameProblem({ functionName, nameIncludesEnv }: FunctionName): string | undefined {
  if (NAME.test(functionName)) return undefined;
  if (!functionName.startsWith('arn:')) {
    return 'expected a name of letters, digits, hyphens and underscores; a version or an alias goes into qualifier';
  }
  if (!nameIncludesEnv) return 'an ARN names its function wholly: say nameIncludesEnv';
  return ARN.test(functionName)
    ? undefined
    : 'expected arn:aws:lambda:region:account:function:name; a version or an alias goes into qualifier';
}

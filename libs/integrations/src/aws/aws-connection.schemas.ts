import { z } from 'zod';

/** Printable ASCII without spaces: nothing that could break a header or a log line gets into a credential. */
const printable = /^[\x21-\x7e]+$/;

/**
 * A long-lived key of the tenant's own, or nothing when a role is all the tenant gives us (`roleArn` in the config).
 * A session token makes the three a temporary key; it works until AWS ends it.
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_Credentials.html
 */
export const AwsSecrets = z
  .strictObject({
    accessKeyId: z
      .string()
      .regex(/^\w{4,128}$/, 'expected 4 to 128 letters and digits')
      .optional()
      .meta({ description: 'Access key id.' }),
    secretAccessKey: z
      .string()
      .min(4)
      .max(256)
      .regex(printable, 'expected printable ASCII without spaces')
      .optional()
      .meta({ description: 'Secret access key.' }),
    sessionToken: z
      .string()
      .max(8_192)
      .regex(printable, 'expected printable ASCII without spaces')
      .optional()
      .meta({ description: 'Session token, only for temporary keys.' }),
  })
  .refine(({ accessKeyId, secretAccessKey }) => (accessKeyId === undefined) === (secretAccessKey === undefined), {
    error: 'accessKeyId and secretAccessKey belong together: give both or neither',
  })
  .refine(({ accessKeyId, sessionToken }) => sessionToken === undefined || accessKeyId !== undefined, {
    error: 'a sessionToken without its key is of no use',
  });

export type AwsSecrets = z.output<typeof AwsSecrets>;

export const AwsConfig = z.strictObject({
  region: z
    .string()
    .regex(/^[a-z]{2,5}(-[a-z]+)+-\d{1,2}$/, 'expected a region such as us-east-1')
    .meta({ description: 'Region in which the resources live.' }),
  roleArn: z
    .string()
    .regex(/^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]{1,512}$/, 'expected arn:aws:iam::123456789012:role/name')
    .optional()
    .meta({ description: 'Role we assume for every call. Its trust policy must demand our ExternalId.' }),
  endpoint: z
    .url({ protocol: /^https?$/ })
    .refine(isOrigin, { error: 'expected an origin only: scheme, host and port' })
    .optional()
    .meta({
      description:
        'Address instead of AWS itself: https on the public internet, or in a network that the operator allows.',
    }),
});

export type AwsConfig = z.output<typeof AwsConfig>;

/** Asked also about what the check before refused. */
function isOrigin(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  return url.pathname === '/' && url.search === '' && url.hash === '' && url.username === '' && url.password === '';
}

import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';

export interface SelfSigned {
  readonly key: string;
  readonly cert: string;
}

const OID = {
  commonName: '0603550403',
  subjectAltName: '0603551d11',
  basicConstraints: '0603551d13',
  ecdsaWithSha256: '06082a8648ce3d040302',
} as const;

export interface CertificateOptions {
  /** Beside 127.0.0.1. */
  readonly name?: string;
  /** Days from now; negative: it has expired. */
  readonly validForDays?: number;
}

/**
 * A key and a certificate for 127.0.0.1 and a name, made for one test and forgotten after it. Node can read
 * certificates but not write them, so these are the few structures of X.509 that one needs (RFC 5280 §4.1).
 */
export function selfSignedCertificate({
  name: host = 'localhost',
  validForDays = 1,
}: CertificateOptions = {}): SelfSigned {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const algorithm = sequence(Buffer.from(OID.ecdsaWithSha256, 'hex'));
  const name = sequence(tlv(0x31, sequence(Buffer.from(OID.commonName, 'hex'), tlv(0x0c, Buffer.from(host)))));
  const validity = sequence(time(Date.now() - 30 * 86_400_000), time(Date.now() + validForDays * 86_400_000));
  const body = sequence(
    tlv(0xa0, tlv(0x02, Buffer.from([2]))),
    tlv(0x02, Buffer.concat([Buffer.from([1]), randomBytes(15)])),
    algorithm,
    name,
    validity,
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    tlv(0xa3, sequence(alternativeNames(host), certificateAuthority())),
  );
  const signature = tlv(0x03, Buffer.concat([Buffer.from([0]), sign('sha256', body, privateKey)]));
  const der = sequence(body, algorithm, signature);
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${der.toString('base64').replace(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`,
  };
}

function alternativeNames(host: string): Buffer {
  const names = sequence(tlv(0x82, Buffer.from(host)), tlv(0x87, Buffer.from([127, 0, 0, 1])));
  return sequence(Buffer.from(OID.subjectAltName, 'hex'), tlv(0x04, names));
}

function certificateAuthority(): Buffer {
  const isAuthority = sequence(tlv(0x01, Buffer.from([0xff])));
  return sequence(Buffer.from(OID.basicConstraints, 'hex'), tlv(0x04, isAuthority));
}

function time(ms: number): Buffer {
  const text = new Date(ms).toISOString().replace(/[-:T]/g, '').slice(2, 14);
  return tlv(0x17, Buffer.from(`${text}Z`));
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return tlv(0x30, Buffer.concat(parts));
}

/** Tag, length (DER's short or long form), value. */
function tlv(tag: number, value: Buffer): Buffer {
  const { length } = value;
  const header =
    length < 0x80 ? [tag, length] : length < 0x100 ? [tag, 0x81, length] : [tag, 0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from(header), value]);
}

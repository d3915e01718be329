import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DAY_MS } from '#core/clock.js';

const SEQUENCE = 0x30;
const SET = 0x31;
const ECDSA_SHA256 = '2a8648ce3d040302';
const COMMON_NAME = '550403';
const SUBJECT_ALT_NAME = '551d11';
const BASIC_CONSTRAINTS = '551d13';

/** DER: a tag, how long, what. */
function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const length = body.length < 128 ? Buffer.from([body.length]) : body.length < 256 ? Buffer.from([0x81, body.length]) : Buffer.from([0x82, body.length >> 8, body.length & 0xff]);
  return Buffer.concat([Buffer.from([tag]), length, body]);
}
const oid = (hex: string): Buffer => der(0x06, Buffer.from(hex, 'hex'));
const text = (tag: number, value: string): Buffer => der(tag, Buffer.from(value));
const time = (at: number): Buffer => text(0x17, `${new Date(at).toISOString().slice(2, 19).replaceAll(/[-:T]/g, '')}Z`);
const pem = (label: string, bytes: Buffer): string => `-----BEGIN ${label}-----\n${bytes.toString('base64').replaceAll(/.{64}/g, '$&\n').trimEnd()}\n-----END ${label}-----\n`;

/** A certificate for localhost and 127.0.0.1 that is its own root, and its key: `cert.pem` and `key.pem` in `folder`. */
export function makeCertificate(folder: string, days = 30): { readonly cert: string; readonly key: string } {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const algorithm = der(SEQUENCE, oid(ECDSA_SHA256));
  const name = der(SEQUENCE, der(SET, der(SEQUENCE, oid(COMMON_NAME), text(0x0c, 'localhost'))));
  const names = der(SEQUENCE, text(0x82, 'localhost'), der(0x87, Buffer.from([127, 0, 0, 1])));
  const extensions = der(SEQUENCE, der(SEQUENCE, oid(SUBJECT_ALT_NAME), der(0x04, names)), der(SEQUENCE, oid(BASIC_CONSTRAINTS), der(0x01, Buffer.from([0xff])), der(0x04, der(SEQUENCE, der(0x01, Buffer.from([0xff]))))));
  const serial = randomBytes(8);
  serial[0] = (serial[0] ?? 0) & 0x7f | 0x40;
  const tbs = der(SEQUENCE, der(0xa0, der(0x02, Buffer.from([2]))), der(0x02, serial), algorithm, name, der(SEQUENCE, time(Date.now() - 2 * DAY_MS), time(Date.now() + days * DAY_MS)), name, publicKey.export({ type: 'spki', format: 'der' }), der(0xa3, extensions));
  const signature = der(0x03, Buffer.from([0]), sign('sha256', tbs, privateKey));
  const made = { cert: pem('CERTIFICATE', der(SEQUENCE, tbs, algorithm, signature)), key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() };
  writeFileSync(join(folder, 'cert.pem'), made.cert);
  writeFileSync(join(folder, 'key.pem'), made.key);
  return made;
}

import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { encodingsOf, filesBelow, findCanaries } from '../support/canaries.ts';
import { temporaryHome } from '../support/temporary-home.ts';
import { wireSecrets } from '../support/wire-secrets.ts';

const TOKEN = '5Aep861.Synthetic+Canary/Token=="with\\all~kinds of characters';

test('positive control: a planted secret is found in every encoding, wherever it lies', (t) => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  for (const [name, secret] of [
    ['token', TOKEN],
    ['key', pem],
  ] as const) {
    for (const [encoding, form] of encodingsOf(secret)) {
      const home = temporaryHome(t);
      mkdirSync(join(home, 'deep', 'er'), { recursive: true });
      const noise = Buffer.from('noise '.repeat(1_000));
      writeFileSync(join(home, 'deep', 'er', 'file'), Buffer.concat([noise, form, noise]));
      const found = findCanaries(new Map([[name, secret]]), filesBelow(home));
      assert.ok(
        found.includes(`deep/er/file: ${name} (${encoding})`),
        `${name} as ${encoding} was not found: ${found.join(', ')}`,
      );
    }
  }
});

test('positive control: Base64 is found whatever stands around the secret', () => {
  for (let before = 0; before < 6; before += 1) {
    const bytes = Buffer.from(Buffer.from(`${'x'.repeat(before)}${TOKEN}tail`).toString('base64'));
    assert.notDeepEqual(findCanaries(new Map([['token', TOKEN]]), [{ place: 'text', bytes }]), [], `after ${before} bytes`);
  }
});

test('positive control: a clean place is clean, and what is allowed is not reported', () => {
  const secrets = new Map([['token', TOKEN]]);
  assert.deepEqual(findCanaries(secrets, [{ place: 'text', bytes: Buffer.from('nothing here') }]), []);
  const allowed = (name: string) => name === 'token';
  assert.deepEqual(findCanaries(secrets, [{ place: 'text', bytes: Buffer.from(TOKEN), allowed }]), []);
});

test('secrets are read off the wire', () => {
  const traffic =
    'POST /token HTTP/1.1\r\n\r\ngrant_type=x&refresh_token=old%2Btoken-0123456789\nHTTP/1.1 200\r\n\r\n{"refresh_token":"new-token-0123\\"456"}';
  assert.deepEqual([...wireSecrets(traffic).values()].sort(), ['new-token-0123"456', 'old+token-0123456789']);
});

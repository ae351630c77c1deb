/**
 * Defines `sign(variable, claims)`: a JWT of these claims, signed with RS256 by `privateKey` of the environment, into a variable that is not kept. Postman
 * has Web Crypto since its sandbox 6; newman 6 has not, and gets the signature of RFC 8017 §8.2.1 from BigInt. A key that does not sign fails a test, and
 * nothing is sent.
 */
export const SIGN_JWT = String.raw`
function sign(variable, claims) {
  const base64url = (data) => Buffer.from(data).toString('base64').replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
  const refuse = (error) => {
    pm.test('privateKey signs', () => { throw error; });
    pm.execution.skipRequest();
  };
  pm.variables.set(variable, '');
  let key;
  try {
    key = rsaPrivateKey(String(pm.variables.get('privateKey') || ''));
  } catch (error) {
    return refuse(error);
  }
  const lifetime = { exp: Math.floor(Date.now() / 1000) + 180 };
  const parts = [{ alg: 'RS256', typ: 'JWT' }, Object.assign({}, claims, lifetime)];
  const input = parts.map((part) => base64url(JSON.stringify(part))).join('.');
  const finish = (signature) => pm.variables.set(variable, input + '.' + base64url(signature));

  if (typeof crypto === 'undefined' || !crypto.subtle) {
    try {
      return finish(signedByBigInt(key, input));
    } catch (error) {
      return refuse(error);
    }
  }
  const jwk = { kty: 'RSA' };
  for (const name of Object.keys(key)) jwk[name] = base64url(key[name]);
  const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };
  // The request waits for timers, not for promises.
  const hold = setTimeout(() => undefined, 10000);
  crypto.subtle.importKey('jwk', jwk, algorithm, false, ['sign'])
    .then((imported) => crypto.subtle.sign(algorithm.name, imported, Buffer.from(input)))
    .then((signature) => { finish(signature); clearTimeout(hold); })
    .catch((error) => { clearTimeout(hold); refuse(error); });
}

// The integers of a PEM, PKCS #8 or PKCS #1, by their names in a JWK.
function rsaPrivateKey(pem) {
  if (pem.trim() === '') throw new Error('privateKey is empty: fill in the private key of the app’s certificate, as PEM');
  if (pem.includes('ENCRYPTED')) throw new Error('privateKey is encrypted: fill it in without a passphrase');
  const integers = [];
  const collect = (bytes) => {
    let at = 0;
    while (at < bytes.length) {
      const tag = bytes[at];
      let length = bytes[at + 1];
      at += 2;
      if (length > 127) {
        const end = at + length - 128;
        for (length = 0; at < end; at += 1) length = length * 256 + bytes[at];
      }
      const content = bytes.slice(at, at + length);
      if (tag === 2) integers.push(content[0] === 0 ? content.slice(1) : content);
      if (tag === 48 || tag === 4) collect(content);
      at += length;
    }
  };
  // In one line or many; some editors put the two characters \n for a line end.
  collect(Buffer.from(pem.replace(/-----[^-]*-----|\\n|\s/g, ''), 'base64'));
  if (!pem.includes('PRIVATE KEY-----') || integers.length < 9) throw new Error('privateKey is no RSA private key in PEM');
  const names = ['n', 'e', 'd', 'p', 'q', 'dp', 'dq', 'qi'];
  const key = {};
  integers.slice(-names.length).forEach((integer, index) => { key[names[index]] = integer; });
  return key;
}

// RSASSA-PKCS1-v1_5 with SHA-256.
function signedByBigInt(key, text) {
  const number = (bytes) => BigInt('0x' + bytes.toString('hex'));
  const [n, e, d] = [number(key.n), number(key.e), number(key.d)];
  const power = (base, exponent) => {
    let result = BigInt(1);
    for (const bit of exponent.toString(2)) {
      result = (result * result) % n;
      if (bit === '1') result = (result * base) % n;
    }
    return result;
  };
  const digest = '3031300d060960864801650304020105000420' + require('crypto-js').SHA256(text).toString();
  const padding = 'ff'.repeat(key.n.length - digest.length / 2 - 3);
  const message = BigInt('0x0001' + padding + '00' + digest);
  const signature = power(message, d);
  if (power(signature, e) !== message) throw new Error('privateKey is damaged');
  return Buffer.from(signature.toString(16).padStart(key.n.length * 2, '0'), 'hex');
}
`;

/** The assertion of the JWT bearer grant (RFC 7523 §2.1), into `_assertion`. */
export const SIGN_ASSERTION = `
sign('_assertion', {
  iss: pm.variables.get('clientId'),
  sub: pm.variables.get('username'),
  aud: pm.variables.get('audience'),
});
`;

/** What the app proves itself with instead of a secret (RFC 7523 §2.2), into `_clientAssertion`. */
export const SIGN_CLIENT_ASSERTION = `
sign('_clientAssertion', {
  iss: pm.variables.get('clientId'),
  sub: pm.variables.get('clientId'),
  aud: pm.variables.replaceIn('{{url}}{{site}}/services/oauth2/token'),
  iat: Math.floor(Date.now() / 1000),
  jti: pm.variables.replaceIn('{{$guid}}'),
});
`;

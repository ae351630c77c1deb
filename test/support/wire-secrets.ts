/** Members of JSON answers and of forms that are secrets, and what they are called. */
const IN_ANSWERS: Readonly<Record<string, string>> = {
  access_token: 'access token',
  refresh_token: 'refresh token',
  id_token: 'ID token',
};
const IN_FORMS: Readonly<Record<string, string>> = {
  refresh_token: 'presented refresh token',
  code: 'authorization code',
  code_verifier: 'PKCE verifier',
  client_secret: 'sent client secret',
  assertion: 'JWT assertion',
  client_assertion: 'client assertion',
  token: 'token to introspect or revoke',
};

/** Every secret that went over the wire, by kind and number, from the recorded traffic. */
export function wireSecrets(traffic: string): Map<string, string> {
  const found = new Map<string, string>();
  const seen = new Set<string>();
  const add = (kind: string, value: string) => {
    if (value.length < 12 || seen.has(value)) return;
    seen.add(value);
    found.set(`${kind} ${seen.size}`, value);
  };
  for (const [, member = '', value = ''] of traffic.matchAll(/"(\w+)":"((?:[^"\\]|\\.)*)"/g)) {
    const kind = IN_ANSWERS[member];
    if (kind !== undefined) add(kind, String(JSON.parse(`"${value}"`)));
  }
  for (const [, member = '', value = ''] of traffic.matchAll(/(?:^|[&\n])(\w+)=([^&\s]+)/gm)) {
    const kind = IN_FORMS[member];
    if (kind !== undefined) add(kind, decodeURIComponent(value.replaceAll('+', ' ')));
  }
  return found;
}

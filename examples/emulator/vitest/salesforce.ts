/** Stands for the code under test: put your own client here. */

export interface Token {
  readonly access_token: string;
  readonly instance_url: string;
  readonly refresh_token?: string;
}

/** One token request; throws what Salesforce answers when it refuses. */
export async function requestToken(
  url: string,
  parameters: Record<string, string>,
): Promise<Token> {
  const body = new URLSearchParams(parameters);
  const response = await fetch(`${url}/services/oauth2/token`, { method: 'POST', body });
  const answer = await response.json();
  if (!response.ok) throw new Error(`${answer.error}: ${answer.error_description}`);
  return answer;
}

/** The records that a query finds; throws Salesforce's error code. */
export async function query(token: Token, soql: string): Promise<Record<string, unknown>[]> {
  const url = `${token.instance_url}/services/data/v66.0/query?q=${encodeURIComponent(soql)}`;
  const response = await fetch(url, { headers: { authorization: `Bearer ${token.access_token}` } });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer[0].errorCode);
  return answer.records;
}

/** Stands for the code under test: put your own client here. */

/** One token request; gives Salesforce's answer, a token or an error. */
export async function requestToken(url, parameters) {
  const body = new URLSearchParams(parameters);
  const response = await fetch(`${url}/services/oauth2/token`, { method: 'POST', body });
  return response.json();
}

/** One REST query; gives status and body. */
export async function query({ instance_url, access_token }, soql) {
  const url = `${instance_url}/services/data/v66.0/query?q=${encodeURIComponent(soql)}`;
  const response = await fetch(url, { headers: { authorization: `Bearer ${access_token}` } });
  return { status: response.status, body: await response.json() };
}

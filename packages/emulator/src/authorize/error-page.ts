import type { Refusal } from '../oauth/refusals.ts';
import type { Org } from '../org/org.ts';
import { type EmulatorAnswer, type EmulatorRequest, parameterOf } from '../server/http-message.ts';
import { type Markup, markup, page } from './page.ts';

/** What a browser sees when it can't safely be sent back to the client: the refusal, and what arrived beside what is registered. */
export function errorPage({ status, error, description }: Refusal, org: Org, request: EmulatorRequest): EmulatorAnswer {
  const text = description === null ? `error=${error}` : `error=${error}&error_description=${description}`;
  const words = description === null ? [] : [markup`<br>${description}`];
  return page(
    status,
    "We can't authorize you because of an OAuth error",
    markup`<p class="alert" role="alert"><strong>${error}</strong>${words}</p>
<p>As Salesforce shows it: <code>${text}</code></p>
<p>Nothing was sent to the app. Mend the request or the app's settings, then begin again in the app.</p>
<dl>${facts(org, request)}</dl>`,
  );
}

function facts(org: Org, request: EmulatorRequest): readonly Markup[] {
  const clientId = parameterOf(request, 'client_id');
  const redirectUri = parameterOf(request, 'redirect_uri');
  const app = org.apps.find(clientId ?? '', org.now());
  const known = org.apps.all().map(({ name, clientId: key }) => `${key} (${name})`);
  return [
    ...(clientId === null ? [] : fact('client_id that arrived', [clientId])),
    ...(clientId !== null && app === undefined ? fact('Consumer keys of this org', known) : []),
    ...(redirectUri === null ? [] : fact('redirect_uri that arrived', [redirectUri])),
    ...(app === undefined ? [] : fact(`Redirect URIs of the app ${app.name}`, app.callbackUrls)),
  ];
}

function fact(name: string, values: readonly string[]): readonly Markup[] {
  const lines = values.length === 0 ? [markup`<dd>none</dd>`] : values.map((value) => markup`<dd><code>${value}</code></dd>`);
  return [markup`<dt>${name}</dt>${lines}`];
}

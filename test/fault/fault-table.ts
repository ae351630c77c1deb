import type { Emulator, FaultAction } from '@forcemint/emulator';

/** `spared`: nothing was processed. `spent`: the server rotated and its answer did not come through. */
type Fate = 'spared' | 'spent';

export interface PassingFault {
  readonly name: string;
  readonly action: FaultAction;
  /** Of a rotating grant's refresh token. */
  readonly fate: Fate;
  /** What a grant that can be repeated without harm fails with. */
  readonly error: { readonly name: string; readonly code: string };
}

const HTML = '<!doctype html><title>Maintenance</title>';
const html = { 'content-type': 'text/html' };

const NOT_JSON = { name: 'MalformedResponseError', code: 'not_json' };

/** Answers that are none; those that do not come are in `network-table.ts`. `elsewhere`: where the redirects lead. */
export function passingFaults(elsewhere: string): readonly PassingFault[] {
  const redirect = (status: number): FaultAction => ({ status, headers: { location: `${elsewhere}/services/oauth2/token` } });
  return [
    { name: 'a page with status 200', action: { status: 200, body: HTML, headers: html }, fate: 'spared', error: NOT_JSON },
    {
      name: 'a page with status 200 in the place of the answer',
      action: { status: 200, body: HTML, headers: html, processed: true },
      fate: 'spent',
      error: NOT_JSON,
    },
    { name: 'an empty 200', action: { status: 200, body: '' }, fate: 'spared', error: NOT_JSON },
    { name: 'null', action: { status: 200, body: 'null' }, fate: 'spared', error: NOT_JSON },
    { name: 'an array', action: { status: 200, body: '[{"access_token":"synthetic"}]' }, fate: 'spared', error: NOT_JSON },
    {
      name: 'members of wrong types',
      action: { status: 200, body: '{"access_token":5,"token_type":["Bearer"],"refresh_token":{}}' },
      fate: 'spared',
      error: { name: 'MalformedResponseError', code: 'missing_member' },
    },
    {
      name: 'an answer of 10 MB',
      action: { status: 200, body: `{"access_token":"${'x'.repeat(10_000_000)}"}` },
      fate: 'spared',
      error: { name: 'MalformedResponseError', code: 'too_large' },
    },
    ...[302, 307].map((status): PassingFault => {
      const name = `a redirect (${status}) to another host`;
      return { name, action: redirect(status), fate: 'spared', error: { name: 'MalformedResponseError', code: 'redirected' } };
    }),
  ];
}

export interface HoldingFault {
  readonly name: string;
  patch(emulator: Emulator): Readonly<Record<string, unknown>>;
  /** What the error's message names. */
  readonly says: RegExp;
}

/** Tokens that came whole, in an answer that must not be believed. */
export const HOLDING_FAULTS: readonly HoldingFault[] = [
  {
    name: 'an instance URL that is not Salesforce’s',
    patch: () => ({ instance_url: 'https://attacker.example' }),
    says: /attacker\.example/,
  },
  { name: 'no instance URL', patch: () => ({ instance_url: null }), says: /instance_url/ },
  { name: 'a wrong signature', patch: () => ({ signature: Buffer.alloc(32, 1).toString('base64') }), says: /signature/ },
  {
    name: 'another org',
    patch: ({ loginUrl }) => ({ id: `${loginUrl}/id/00D000000000OTHAAA/005000000000001AAA` }),
    says: /00D000000000OTH/,
  },
];

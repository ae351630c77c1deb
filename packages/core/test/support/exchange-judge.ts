import type { Script } from './exchange-script.ts';
import type { Witness } from './witness.ts';
import type { World } from './world.ts';

/** How it ended for a new process that asked for a token when all was well again: the code of its error, or one of these. */
export type Outcome = 'served' | 'reauthorize' | (string & {});

/** What is wrong with a schedule that has come to its end, by what Salesforce knows; empty: nothing. */
export function wrongAtTheEnd(world: World, witness: Witness, script: Script, outcome: Outcome): string[] {
  const row = world.row();
  const { phase } = row.exchange;
  if (phase === 'deleted') return outcome === 'connection_not_found' ? [] : [`removed, and then ${outcome}`];
  const stored = world.storedRefreshToken(row) ?? '';
  const grant = world.salesforce.grants.of(stored);
  // What a login had brought is forgotten, and what came after it brought no refresh token: there is none, and that is said.
  const isForgotten = stored === '' && script.steps.some(({ do: what }) => what === 'fail-over' || what === 'restore');
  if (isForgotten && outcome === 'reauthorize') return [];
  if (grant === undefined) return [`${stored} is no refresh token`];
  const isNewest = grant.current === stored;
  const wrong = script.steps.some((step) => step.do === 'update') ? [] : neverStored(world, witness);
  if (script.server === 'static' && !isNewest) wrong.push('a refresh token was lost without rotation');
  if (outcome === 'served') {
    if (!isNewest) wrong.push('served, and yet the newest refresh token is not the stored one');
    if (!grant.alive) wrong.push('served, and yet the grant is dead');
    if (phase !== 'idle') wrong.push(`served, and yet ${phase}`);
    return wrong;
  }
  if (outcome !== 'reauthorize') return [...wrong, `the connection does not serve again: ${outcome} in ${phase}`];
  if (phase !== 'reauthorization-required') wrong.push(`a human is asked for in ${phase}`);
  if (!world.disk.events.some(({ type }) => type === 'reauthorization-required' || type === 'revoked'))
    wrong.push('a human is needed and no event says so');
  const isExcused = grant.revoked === true || witness.isLost(grant);
  return isExcused ? wrong : [...wrong, ...needless(witness, stored, grant.current)];
}

/** What was staged reaches the store, unless its grant was ended on purpose meanwhile. */
function neverStored({ salesforce, disk }: World, witness: Witness): string[] {
  // Of a login that came after another one had been stored, the history says that its grant is not used.
  const isOvertaken = (token: string) =>
    token.startsWith('rt-login-') && disk.events.some(({ detail }) => String(detail['text']).includes('began is not used'));
  const unstored = [...witness.issues].filter(([, { staged, stored }]) => staged && !stored).map(([token]) => token);
  return unstored
    .filter((token) => {
      const grant = salesforce.grants.of(token);
      return grant?.revoked !== true && !(grant !== undefined && witness.isLost(grant)) && !isOvertaken(token);
    })
    .map((token) => `${token} was staged and never stored`);
}

/** A human may be needed only where the newest refresh token was lost on the way, or two requests in a row went unanswered. */
function needless(witness: Witness, stored: string, current: string): string[] {
  const unanswered = witness.unanswered(stored);
  if (current === stored) {
    const isExcused = unanswered + (witness.leftBehind.get(stored) ?? 0) >= 2;
    return isExcused ? [] : ['a human is asked for although the refresh token works'];
  }
  const issue = witness.issues.get(current);
  if (issue === undefined) return [];
  if (issue.stored) return [`${current} was stored and is lost`];
  if (issue.staged) return [`${current} was staged and is lost`];
  return unanswered > 0 ? [] : [`${current} arrived and is lost`];
}

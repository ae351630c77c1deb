import { refusal } from '../oauth/error-catalogue.ts';
import { OAuthError } from '../oauth/oauth-error.ts';
import { isAdminApprovedFor } from '../org/approvals.ts';
import type { App } from '../org/apps.ts';
import type { Org } from '../org/org.ts';
import { mayLogIn, type User } from '../org/users.ts';
import { type EmulatorAnswer, type EmulatorRequest, parametersOf } from '../server/http-message.ts';
import { readAuthorizationRequest, readResponseTarget } from './authorization-request.ts';
import type { BrowserSession } from './browser-sessions.ts';
import { consentPage } from './consent-page.ts';
import { errorPage } from './error-page.ts';
import { loginObstacle } from './login-obstacle.ts';
import { loginPage } from './login-page.ts';
import { redirectError, redirectToClient } from './redirect.ts';
import type { Transaction } from './transactions.ts';

/** How many users the login page names. */
const EXAMPLES = 5;

/** `/services/oauth2/authorize`: checks the request, then login page, consent page and back, as far as each is needed. */
export function authorize(org: Org, request: EmulatorRequest): EmulatorAnswer {
  const parameters = parametersOf(request);
  return withErrorPage(org, request, () => {
    const { app, redirectUri } = readResponseTarget(org, parameters);
    const state = parameters.get('state') ?? undefined;
    try {
      const asked = readAuthorizationRequest(org, app, parameters);
      const session = org.browserSessions.find(request.headers.cookie, org.now());
      const forcesLogin = asked.prompts.has('login') || asked.prompts.has('select_account');
      const transaction: Transaction = {
        app,
        redirectUri,
        scopes: asked.scopes,
        state,
        nonce: asked.nonce,
        codeChallenge: asked.codeChallenge,
        forcesConsent: asked.prompts.has('consent'),
        login: forcesLogin ? undefined : session,
      };
      if (asked.isImmediate && !canGoOnUnseen(org, request, transaction)) throw refusal('Z8');
      const transactionId = org.transactions.begin(transaction);
      if (transaction.login === undefined)
        return loginPage(transactionId, { username: asked.loginHint, examples: org.users.first(EXAMPLES) });
      return proceed(org, request, transactionId, transaction, transaction.login);
    } catch (error) {
      if (!(error instanceof OAuthError)) throw error;
      const refused = org.refusals.of(error);
      return refused.isPage ? errorPage(refused, org, request) : redirectError(redirectUri, refused, state);
    }
  });
}

/** POST of the login form. */
export function login(org: Org, request: EmulatorRequest): EmulatorAnswer {
  const form = parametersOf(request);
  return withErrorPage(org, request, () => {
    const { id, transaction } = findTransaction(org, form);
    const username = form.get('username') ?? '';
    const user = org.users.find(username);
    if (request.method !== 'POST') return loginPage(id, { username, examples: org.users.first(EXAMPLES) });
    const refuse = (message: string): EmulatorAnswer => loginPage(id, { username, message, examples: org.users.first(EXAMPLES) });
    if (user === undefined || user.password !== form.get('password') || !mayLogIn(user)) {
      return refuse("Please check your username and password. If you still can't log in, contact your administrator.");
    }
    const obstacle = loginObstacle(org, request, transaction.app, user);
    if (obstacle !== undefined) return refuse(obstacle);
    transaction.login = { user, authenticatedAtMs: org.now() };
    const answer = proceed(org, request, id, transaction, transaction.login);
    return { ...answer, headers: { ...answer.headers, 'set-cookie': org.browserSessions.open(transaction.login) } };
  });
}

/** POST of the consent form. */
export function consent(org: Org, request: EmulatorRequest): EmulatorAnswer {
  const form = parametersOf(request);
  return withErrorPage(org, request, () => {
    const { id, transaction } = findTransaction(org, form);
    if (transaction.login === undefined) return loginPage(id, { username: '', examples: org.users.first(EXAMPLES) });
    const { user } = transaction.login;
    requireAccess(transaction.app, user);
    const decision = form.get('decision');
    if (request.method !== 'POST' || (decision !== 'allow' && decision !== 'deny')) {
      return consentPage(id, transaction, user);
    }
    if (decision === 'deny') {
      org.transactions.end(id);
      return redirectError(transaction.redirectUri, org.refusals.of(refusal('Z1')), transaction.state);
    }
    org.approvals.approve(transaction.app, user, transaction.scopes);
    return sendCode(org, id, transaction, transaction.login);
  });
}

function proceed(
  org: Org,
  request: EmulatorRequest,
  id: string,
  transaction: Transaction,
  session: BrowserSession,
): EmulatorAnswer {
  const message = loginObstacle(org, request, transaction.app, session.user);
  if (message !== undefined)
    return loginPage(id, { username: session.user.username, message, examples: org.users.first(EXAMPLES) });
  requireAccess(transaction.app, session.user);
  if (needsConsent(org, transaction, session)) return consentPage(id, transaction, session.user);
  return sendCode(org, id, transaction, session);
}

/** `immediate=true` shows no page whatsoever. */
function canGoOnUnseen(org: Org, request: EmulatorRequest, transaction: Transaction): boolean {
  const { app, login: session } = transaction;
  return (
    session !== undefined &&
    !session.user.isApiOnly &&
    (!app.isAdminApproved || isAdminApprovedFor(app, session.user)) &&
    loginObstacle(org, request, app, session.user) === undefined &&
    !needsConsent(org, transaction, session)
  );
}

function requireAccess(app: App, user: User): void {
  if (user.isApiOnly) throw refusal('Z11');
  if (app.isAdminApproved && !isAdminApprovedFor(app, user)) throw refusal('Z12');
}

function needsConsent(org: Org, transaction: Transaction, session: BrowserSession): boolean {
  if (transaction.forcesConsent) return true;
  return !transaction.app.isAdminApproved && !org.approvals.covers(transaction.app, session.user, transaction.scopes);
}

function sendCode(org: Org, id: string, transaction: Transaction, session: BrowserSession): EmulatorAnswer {
  org.transactions.end(id);
  const { app, scopes, redirectUri, codeChallenge, nonce, state } = transaction;
  const code = org.codes.issue({
    app,
    user: session.user,
    scopes,
    redirectUri,
    codeChallenge,
    nonce,
    authenticatedAtMs: session.authenticatedAtMs,
    issuedAtMs: org.now(),
  });
  return redirectToClient(redirectUri, { code }, state);
}

function findTransaction(org: Org, form: URLSearchParams): { id: string; transaction: Transaction } {
  const id = form.get('transaction') ?? '';
  const transaction = org.transactions.find(id);
  if (transaction === undefined) {
    throw new OAuthError('invalid_request', 'this login is over; begin again in the app');
  }
  return { id, transaction };
}

function withErrorPage(org: Org, request: EmulatorRequest, answer: () => EmulatorAnswer): EmulatorAnswer {
  try {
    return answer();
  } catch (error) {
    if (error instanceof OAuthError) return errorPage(org.refusals.of(error), org, request);
    throw error;
  }
}

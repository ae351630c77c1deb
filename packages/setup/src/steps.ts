import type { AppPlan } from './app-plan.ts';
import { permissionSetLabel } from './metadata/permission-set.ts';
import { type KnownOrg, knownOrg, loginUrlPattern, type Org } from './org.ts';
import { preApprovalUrl } from './pre-approval.ts';
import type { SetupPlace } from './setup-places.ts';
import * as places from './setup-places.ts';

export type StepId =
  | 'allow-connected-apps'
  | 'check-run-as-user'
  | 'assign-permission-set'
  | 'join-site'
  | 'choose-run-as-user'
  | 'find-login-url'
  | 'copy-consumer-details'
  | 'wait'
  | 'pre-approve'
  | 'upload-certificate'
  | 'stage-secret'
  | 'apply-secret';

/** Something that somebody has to do by hand. */
export interface RemainingStep {
  readonly id: StepId;
  /** What to do, in one or two sentences. */
  readonly text: string;
  /** Where, as the menu has it: `Setup → …`. */
  readonly setup: string;
  /** Address of that place; absent where the My Domain is not known, or no address is known to lead there. */
  readonly link?: string;
  /** What does not work until it is done, and why no file does it. */
  readonly why: string;
  /** Of the Salesforce CLI, which does the same; absent where it cannot. */
  readonly command?: string;
}

interface Step {
  readonly id: StepId;
  readonly text: string;
  readonly place: SetupPlace;
  readonly why: string;
  readonly command?: string;
}

/**
 * What is left to do besides {@link deployCommand}, in this order. The first ones may come before it.
 * @throws TypeError for an org whose host is no host name, or whose login URL is none
 */
export function remainingSteps(plan: AppPlan, org: Org): readonly RemainingStep[] {
  const known = knownOrg(org);
  const steps = [
    allowConnectedApps(plan),
    checkRunAsUser(plan),
    assignPermissionSet(plan, org.username),
    joinSite(plan, known, org.username),
    chooseRunAsUser(plan),
    findLoginUrl(plan, known),
    copyConsumerDetails(plan),
    wait(plan),
    preApprove(plan, known, org.username),
  ];
  return steps.filter((step) => step !== undefined).map((step) => remainingStep(step, known));
}

function remainingStep({ id, text, place: { path, page }, why, command }: Step, { myDomainUrl }: KnownOrg): RemainingStep {
  const hasLink = myDomainUrl !== undefined && page !== undefined;
  return {
    id,
    text,
    setup: path,
    ...(hasLink && { link: `${myDomainUrl}/lightning/setup/${page}/home` }),
    why,
    ...(command !== undefined && { command }),
  };
}

function allowConnectedApps({ kind }: AppPlan): Step | undefined {
  if (kind !== 'connected-app') return undefined;
  return {
    id: 'allow-connected-apps',
    text: 'Only if the deployment is refused with “You can’t create a connected app”: switch on “Allow creation of connected apps”, and deploy again. Where the switch is missing, Salesforce Support has it.',
    place: places.EXTERNAL_CLIENT_APP_SETTINGS,
    why: 'Since Spring ’26 orgs refuse new connected apps, and no metadata type has this switch.',
  };
}

function findLoginUrl({ kind, grant }: AppPlan, { orgKind, ownLoginUrl }: KnownOrg): Step | undefined {
  if (ownLoginUrl !== undefined) return undefined;
  const pattern = loginUrlPattern(orgKind);
  if (orgKind === 'site') {
    return {
      id: 'find-login-url',
      text: `Look up the URL of the site, and use it as the login URL: ${pattern}`,
      place: places.ALL_SITES,
      why: 'Users of a site log in at its URL, and the assertions of the JWT bearer flow name it as their audience.',
    };
  }
  if (kind === 'connected-app' && grant !== 'client-credentials') return undefined;
  return {
    id: 'find-login-url',
    text: `Look up the My Domain of the org, and use it as the login URL: ${pattern}`,
    place: places.MY_DOMAIN,
    why:
      grant === 'client-credentials'
        ? 'Client credentials are served by the My Domain alone; login.salesforce.com and test.salesforce.com answer “request not supported on this domain”.'
        : 'A local external client app is known to its own org; login.salesforce.com and test.salesforce.com may not find it.',
  };
}

function assignPermissionSet(plan: AppPlan, username: string | undefined): Step | undefined {
  const { permissionSet, runAsUsername = username } = plan;
  if (permissionSet === undefined) return undefined;
  const label = permissionSetLabel(plan) ?? permissionSet;
  // Nothing else may stand in a command that somebody pastes.
  const isPlain = runAsUsername !== undefined && /^[A-Za-z0-9_.+-]+@[A-Za-z0-9_.-]+$/.test(runAsUsername);
  return {
    id: 'assign-permission-set',
    text: `Assign the permission set “${label}” to ${runAsUsername ?? 'the user for whom programs act'}.`,
    place: places.permissionSetAssignments(label),
    why: 'Only users who have it may use the app: others get “user is not admin approved to access this app”. Assignments are data, not metadata.',
    command: `sf org assign permset --name ${permissionSet} --on-behalf-of ${isPlain ? runAsUsername : 'USERNAME'}`,
  };
}

function joinSite(plan: AppPlan, { orgKind }: KnownOrg, username: string | undefined): Step | undefined {
  if (orgKind !== 'site') return undefined;
  const { grant, runAsUsername = username } = plan;
  const anybody = grant === 'jwt-bearer' || grant === 'client-credentials' ? 'the user for whom programs act' : 'whoever logs in';
  const label = permissionSetLabel(plan);
  return {
    id: 'join-site',
    text:
      `See that ${runAsUsername ?? anybody} is a member of the site, by their profile or a permission set${label === undefined ? '' : `, which can be “${label}”`}. ` +
      'External users need the permission “API Enabled”, too.',
    place: places.SITE_MEMBERS,
    why: 'Membership is what gives access to a site. It belongs to the site, and the app cannot bring it along.',
  };
}

function chooseRunAsUser(plan: AppPlan): Step | undefined {
  if (plan.grant !== 'client-credentials' || plan.runAsUsername !== undefined) return undefined;
  return {
    id: 'choose-run-as-user',
    text: 'Switch on “Enable Client Credentials Flow” and choose the run-as user: one with the permission “API Only User”.',
    place: places.oauthPolicies(plan),
    why: 'Every token of the app is this user’s, and the plan does not name one.',
  };
}

function checkRunAsUser({ runAsUsername }: AppPlan): Step | undefined {
  if (runAsUsername === undefined) return undefined;
  return {
    id: 'check-run-as-user',
    text: `Before deploying, see that ${runAsUsername} is an active user of this org with the permission “API Only User”.`,
    place: places.USERS,
    why: 'Salesforce takes no other as the run-as user, and refuses the deployment. Users are data, not metadata.',
  };
}

function copyConsumerDetails(plan: AppPlan): Step | undefined {
  const missing = [
    ...(plan.consumerKey === undefined ? ['key'] : []),
    ...(plan.consumerSecret === undefined && plan.grant !== 'jwt-bearer' ? ['secret'] : []),
  ];
  if (missing.length === 0) return undefined;
  return {
    id: 'copy-consumer-details',
    text: `Copy the consumer ${missing.join(' and the consumer ')}. Salesforce sends a code by email first, which is good for five minutes.`,
    place: places.consumerDetails(plan),
    why: 'Salesforce has made what the plan does not choose, and shows it nowhere else.',
  };
}

function wait(plan: AppPlan): Step {
  const isSigned = plan.grant === 'jwt-bearer';
  return {
    id: 'wait',
    text: 'Wait 2 to 10 minutes before the first login; an hour is seldom needed.',
    place: places.appPage(plan),
    why: `New apps${isSigned ? ' and certificates' : ''} take that long to be known everywhere. Until then: “client identifier invalid”${isSigned ? ', “invalid assertion”' : ''}.`,
  };
}

function preApprove(plan: AppPlan, known: KnownOrg, username: string | undefined): Step | undefined {
  if (plan.grant !== 'jwt-bearer' || plan.permittedUsers !== 'self-authorize') return undefined;
  const { orgKind, ownLoginUrl, sharedLoginUrl } = known;
  const servedUrl = ownLoginUrl ?? (plan.kind === 'connected-app' ? sharedLoginUrl : undefined);
  const url = preApprovalUrl({ ...plan, consumerKey: plan.consumerKey ?? 'CONSUMER_KEY' }, servedUrl ?? loginUrlPattern(orgKind));
  return {
    id: 'pre-approve',
    text: `As ${username ?? 'each user for whom programs act'}, open this once and choose Allow: ${url}`,
    place: places.OAUTH_USAGE,
    why: 'Where users authorize themselves, the JWT bearer flow serves those who have approved the app: others get “user hasn’t approved this consumer”.',
  };
}

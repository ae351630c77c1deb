import { type AppGrant, type AppInput, type AppKind, type AppPlan, IP_RELAXATIONS, PERMITTED_USERS } from './app-plan.ts';
import { lineOfText, oneOf, shown } from './checks.ts';
import { checkedName } from './names.ts';

const MOST_USERNAME_CHARACTERS = 80;
const MOST_PROFILE_CHARACTERS = 255;

type AccessSettings = Pick<AppPlan, 'permittedUsers' | 'permissionSet' | 'profiles' | 'ipRelaxation' | 'runAsUsername'>;

/** Who may use the app, from where, and as whom. */
export function planAccess(input: AppInput, kind: AppKind, grant: AppGrant): AccessSettings {
  const permittedUsers = oneOf('permittedUsers', input.permittedUsers ?? defaultPermittedUsers(grant), PERMITTED_USERS);
  const { permissionSet } = input;
  const profiles = (input.profiles ?? []).map((profile) => checkedProfile(profile, kind));
  const isNobodyNamed = permissionSet === undefined && profiles.length === 0;
  if (permittedUsers === 'admin-approved' && isNobodyNamed) {
    throw new TypeError(
      'Nobody may use an admin-approved app without permissionSet or profiles: give permissionSet, a name for a new one, or permittedUsers: self-authorize.',
    );
  }
  if (permittedUsers === 'self-authorize' && !isNobodyNamed) {
    throw new TypeError(
      'permissionSet and profiles count for nothing where users authorize themselves: leave them out, or give permittedUsers: admin-approved.',
    );
  }
  return {
    permittedUsers,
    ...(permissionSet !== undefined && { permissionSet: checkedName('permissionSet', permissionSet) }),
    profiles,
    ipRelaxation: oneOf('ipRelaxation', input.ipRelaxation ?? 'Enforce', IP_RELAXATIONS),
    ...runAs(input, kind, grant),
  };
}

function defaultPermittedUsers(grant: AppGrant): AppPlan['permittedUsers'] {
  return grant === 'jwt-bearer' || grant === 'client-credentials' ? 'admin-approved' : 'self-authorize';
}

function checkedProfile(given: string, kind: AppKind): string {
  const profile = lineOfText('profiles', given, MOST_PROFILE_CHARACTERS);
  if (kind === 'connected-app' || !profile.includes(',')) return profile;
  throw new TypeError(`profiles has ${shown(profile)}: metadata separates them with commas. Give permissionSet instead.`);
}

function runAs({ runAsUsername, consumerKey }: AppInput, kind: AppKind, grant: AppGrant): { readonly runAsUsername?: string } {
  if (grant !== 'client-credentials') {
    if (runAsUsername === undefined) return {};
    throw new TypeError(`runAsUsername is for client-credentials: leave it out for ${grant}.`);
  }
  if (kind === 'connected-app' && (runAsUsername === undefined || consumerKey === undefined)) {
    throw new TypeError(
      'A connected app with client-credentials is created with its run-as user and its key: give runAsUsername and consumerKey.',
    );
  }
  if (runAsUsername === undefined) return {};
  const username = lineOfText('runAsUsername', runAsUsername, MOST_USERNAME_CHARACTERS);
  if (/^[^\s@]+@[^\s@]+$/.test(username)) return { runAsUsername: username };
  throw new TypeError(`runAsUsername is ${shown(username)}: give a Salesforce username, such as sync@example.com.`);
}

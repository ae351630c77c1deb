import { homedir as osHomedir, userInfo } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { StoreError } from '@forcemint/core/errors';
import { type StoreLocation, storeFromEnvironment } from './store-location.ts';

/** Where this installation keeps its things. All paths are absolute. */
export interface Paths {
  /** FORCEMINT_HOME, if it is set: then data and config both lie in it. */
  readonly home?: string;
  readonly dataDir: string;
  readonly configDir: string;
  readonly store: StoreLocation;
  /** The master key's file where nothing else is said. */
  readonly masterKeyFile: string;
}

/** What of the machine decides the paths; tests bring their own. */
export interface PathsMachine {
  readonly platform: NodeJS.Platform;
  /** The home directory from the user database; may throw. */
  homedir(): string;
}

const NAME = 'forcemint';
const STORE_FILE = 'forcemint.db';
const KEY_FILE = 'master.key';

const thisMachine: PathsMachine = {
  platform: process.platform,
  homedir: () => (process.platform === 'win32' ? osHomedir() : userInfo().homedir),
};

/**
 * Reads FORCEMINT_HOME, FORCEMINT_STORE_FILE and FORCEMINT_STORE; without FORCEMINT_HOME the directories of the platform are used (XDG base directories on Linux).
 * @throws StoreError `no_home` when no home directory is known, `store_unavailable` for a store that this version doesn't know
 */
export function resolvePaths(env: Readonly<NodeJS.ProcessEnv>, machine: PathsMachine = thisMachine): Paths {
  const home = env['FORCEMINT_HOME'] ? resolve(env['FORCEMINT_HOME']) : undefined;
  const { dataDir, configDir } = home === undefined ? platformDirectories(env, machine) : { dataDir: home, configDir: home };
  return {
    ...(home !== undefined && { home }),
    dataDir,
    configDir,
    store: storeFromEnvironment(env) ?? { is: 'sqlite', path: join(dataDir, STORE_FILE) },
    masterKeyFile: join(configDir, KEY_FILE),
  };
}

function platformDirectories(env: Readonly<NodeJS.ProcessEnv>, machine: PathsMachine): { dataDir: string; configDir: string } {
  const from = (variable: string, ...otherwise: string[]) => {
    const value = env[variable];
    return value && isAbsolute(value) ? join(value, NAME) : join(userHome(env, machine), ...otherwise, NAME);
  };
  switch (machine.platform) {
    case 'win32':
      return {
        dataDir: join(from('LOCALAPPDATA', 'AppData', 'Local'), 'Data'),
        configDir: join(from('APPDATA', 'AppData', 'Roaming'), 'Config'),
      };
    case 'darwin': {
      const library = join(userHome(env, machine), 'Library');
      return { dataDir: join(library, 'Application Support', NAME), configDir: join(library, 'Preferences', NAME) };
    }
    default:
      return { dataDir: from('XDG_DATA_HOME', '.local', 'share'), configDir: from('XDG_CONFIG_HOME', '.config') };
  }
}

/** The user's home directory, from HOME or the user database. Services and containers can lack both. */
function userHome(env: Readonly<NodeJS.ProcessEnv>, machine: PathsMachine): string {
  const fromEnv = env['HOME'];
  if (machine.platform !== 'win32' && fromEnv && isAbsolute(fromEnv)) return fromEnv;
  let directory: string;
  try {
    directory = machine.homedir();
  } catch (error) {
    throw noHome(error);
  }
  if (!isAbsolute(directory)) throw noHome(undefined);
  return directory;
}

function noHome(cause: unknown): StoreError {
  return new StoreError('no_home', 'This user has no home directory, so Forcemint does not know where its store is.', {
    cause,
    diagnosis: {
      cause: 'HOME is not set, and the user database has no home directory for this user (usual in containers and services).',
      fix: ['Set FORCEMINT_HOME to a directory of this user, for example FORCEMINT_HOME=/var/lib/forcemint.'],
      who: 'operator',
      retry: 'fix-first',
    },
  });
}

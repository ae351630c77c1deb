import { UsageError } from './usage-error.ts';

/** Flags that would take a secret, and the safe way to give it. */
const SECRET_FLAGS: Readonly<Record<string, { readonly what: string; readonly instead: string }>> = {
  '--client-secret': { what: 'client secret', instead: '--client-secret-file' },
  '--consumer-secret': { what: 'client secret', instead: '--client-secret-file' },
  '--next-client-secret': { what: 'client secret', instead: '--next-client-secret-file' },
  '--private-key': { what: 'private key', instead: '--private-key-file' },
  '--next-private-key': { what: 'private key', instead: '--next-private-key-file' },
  '--refresh-token': { what: 'refresh token', instead: '--refresh-token-file' },
  '--access-token': { what: 'access token', instead: '--token-file' },
  '--token': { what: 'token', instead: '--token-file' },
};

const SECRET_SHAPES: readonly { readonly what: string; readonly shape: RegExp; readonly fix: readonly string[] }[] = [
  {
    what: 'an sfdxAuthUrl',
    shape: /^(?:[\w-]+=)?force:\/\//i,
    fix: ['Save it to a file that only you can read: forcemint import FILE', 'Or give it on stdin: forcemint import -'],
  },
  {
    what: 'a private key',
    shape: /-----BEGIN [A-Z ]*PRIVATE KEY-----/,
    fix: ['Save it to a file that only you can read: --private-key-file F'],
  },
  {
    what: 'a URL with a password',
    shape: /^(?:[\w-]+=)?[a-z][a-z0-9+.-]*:\/\/[^/\s:@]*:[^/\s@]+@/i,
    fix: [
      'A login URL has no password in it.',
      'The URL of a database: in a file that only you can read, FORCEMINT_STORE_FILE=FILE, or @FILE for `forcemint store copy`',
    ],
  },
  {
    what: 'an access token',
    shape: /(?:^|[\s=])00D[A-Za-z0-9]{12,15}![A-Za-z0-9._]{20,}/,
    fix: ['Give it in a file, or on stdin: --token-file -'],
  },
];

/**
 * Refuses secrets among the arguments, without repeating them: every user of the machine can read them there, and the shell keeps them.
 * Looks at nothing after `--`, which belongs to another program.
 * @throws UsageError
 */
export function refuseSecretArguments(args: readonly string[]): void {
  const end = args.indexOf('--');
  for (const argument of end === -1 ? args : args.slice(0, end)) {
    const flag = argument.split('=', 1)[0] ?? '';
    if (flag === '--password') throw passwordRefused();
    const known = Object.hasOwn(SECRET_FLAGS, flag) ? SECRET_FLAGS[flag] : undefined;
    if (known !== undefined) {
      throw refused(`the ${known.what}`, `${flag} is not taken`, [
        `From a file: ${known.instead} FILE`,
        `From a pipe, or typed without being shown: ${known.instead} -`,
      ]);
    }
    for (const { what, shape, fix } of SECRET_SHAPES) {
      if (shape.test(argument)) throw refused(what, 'it was refused', fix);
    }
  }
}

function refused(what: string, outcome: string, fix: readonly string[]): UsageError {
  return new UsageError(`A secret was given on the command line (${what}); ${outcome}.`, {
    why: 'Every user of the machine can read the arguments of a process, and the shell keeps them in its history.',
    fix: [...fix, 'Take the line out of the shell’s history; change the secret if others use this machine.'],
  });
}

function passwordRefused(): UsageError {
  return new UsageError('A password was given on the command line; no command takes one.', {
    why: 'Forcemint never needs a user’s password: people log in in the browser.',
    fix: ['Log in in the browser: forcemint login NAME', 'Take the line out of the shell’s history.'],
  });
}

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Ending, temporaryHome } from './temporary-home.ts';

/** An org as `sf org list auth --json` lists it. */
export interface ListedOrg {
  readonly username: string;
  /** Joined by commas. */
  readonly alias?: string;
  readonly instanceUrl?: string;
  readonly oauthMethod?: string;
  readonly isScratchOrg?: boolean;
  readonly isExpired?: boolean | 'unknown';
}

const SCRIPT = `#!/bin/sh
folder=\${0%/*}
printf '%s\\n' "$*" >> "$folder/calls"
env > "$folder/environment"
name=$(printf '%s' "$*" | tr -c 'A-Za-z0-9\\n' '_')
if [ ! -f "$folder/answers/$name" ]; then
  echo ' ›   Warning: That is not a sf command.' >&2
  exit 127
fi
cat "$folder/answers/$name"
if [ -f "$folder/answers/$name.hangs" ]; then
  sleep 600 &
  echo $! > "$folder/hanging"
  wait
fi
read -r code < "$folder/answers/$name.code"
exit "$code"
`;

/** A program `sf` that says what it is told to, and knows no other command. */
export class StandInSf {
  readonly #folder: string;

  constructor(t: Ending) {
    this.#folder = temporaryHome(t);
    mkdirSync(join(this.#folder, 'answers'));
    writeFileSync(join(this.#folder, 'sf'), SCRIPT, { mode: 0o700 });
  }

  get path(): string {
    return `${this.#folder}:/usr/bin:/bin`;
  }

  /** What it writes to stdout for these arguments. */
  says(args: string, stdout: string, { code = 0, hangs = false } = {}): void {
    const file = join(this.#folder, 'answers', args.replaceAll(/[^A-Za-z0-9]/g, '_'));
    writeFileSync(file, stdout);
    writeFileSync(`${file}.code`, `${code}\n`);
    if (hangs) writeFileSync(`${file}.hangs`, '');
  }

  lists(...orgs: readonly ListedOrg[]): void {
    const accessToken = "[REDACTED] Use 'sf org auth show-access-token' to view";
    const listed = orgs.map((org) => ({ configs: [], accessToken, oauthMethod: 'web', isExpired: 'unknown', alias: '', ...org }));
    this.says(
      'org list auth --json',
      JSON.stringify({ status: 0, result: listed, warnings: ['Secrets are now hidden'] }, null, 2),
    );
  }

  /** The result of `show-sfdx-auth-url`, or the name of its error. */
  shows(username: string, shown: { readonly sfdxAuthUrl: string } | string): void {
    const isError = typeof shown === 'string';
    const answer = isError ? { name: shown, message: shown, exitCode: 1, status: 1 } : { status: 0, result: shown, warnings: [] };
    this.says(showUrl(username), JSON.stringify(answer), { code: isError ? 1 : 0 });
  }

  /** The arguments of every run. */
  get calls(): readonly string[] {
    return this.#read('calls').split('\n').filter(Boolean);
  }

  /** The environment of the last run, a variable in each line. */
  get environment(): string {
    return this.#read('environment');
  }

  /** The process that a run that hangs had started. */
  get hanging(): number {
    return Number(this.#read('hanging'));
  }

  /** Whether that process still runs; one that has ended and that nobody has noticed yet does not. */
  get isHanging(): boolean {
    try {
      return !/\) Z/.test(readFileSync(`/proc/${this.hanging}/stat`, 'utf8'));
    } catch {
      return false;
    }
  }

  #read(name: string): string {
    try {
      return readFileSync(join(this.#folder, name), 'utf8');
    } catch {
      return '';
    }
  }
}

export function showUrl(username: string): string {
  return `org auth show-sfdx-auth-url --target-org ${username} --json`;
}

import { type Context, withForcemint } from '../../context.ts';
import { EXIT } from '../../exit-codes.ts';
import { withProgressBar } from '../../terminal/progress-bar.ts';
import { UsageError } from '../../usage-error.ts';
import { adoptGrants } from './adopt.ts';
import { findGrants } from './find-grants.ts';
import type { FoundGrant, OrgOutcome, RefusedOrg } from './outcomes.ts';
import { document, tell } from './report.ts';
import { SalesforceCli } from './salesforce-cli.ts';

export interface TakeOverFlags {
  /** Aliases and usernames; `true`: all that there are. */
  readonly salesforceCli: true | readonly string[];
  readonly takeOver?: boolean;
  readonly name?: string;
  readonly loginUrl?: string;
  readonly rejects?: string;
  readonly json?: boolean;
}

/** Takes over what the Salesforce CLI is logged in to. @returns the exit code */
export async function takeOver(context: Context, flags: TakeOverFlags): Promise<number> {
  refuseOthers(flags);
  const { env, output, interrupts } = context;
  const asked = flags.salesforceCli === true ? [] : flags.salesforceCli;
  const found = await interrupts.clearingAway((signal) =>
    withProgressBar(output, (report) =>
      findGrants(new SalesforceCli({ env, signal }), {
        asked,
        takeOver: flags.takeOver === true,
        report: (done, total) => report({ step: 'asking the Salesforce CLI', done, total }),
      }),
    ),
  );
  const refused = found.filter((one) => one.outcome === 'refused');
  // A store is not made for nothing.
  const outcomes = refused.length === found.length ? refused : await adopted(context, found);
  if (flags.json === true) output.json(document(outcomes));
  else tell(context, outcomes);
  interrupts.throwIfInterrupted();
  return outcomes.every(({ outcome }) => outcome !== 'refused') ? EXIT.done : EXIT.usage;
}

async function adopted(context: Context, found: readonly (FoundGrant | RefusedOrg)[]): Promise<readonly OrgOutcome[]> {
  const { output, interrupts } = context;
  let made = 0;
  try {
    return await withForcemint(context, (forcemint) =>
      interrupts.clearingAway((stopped) => adoptGrants(forcemint, found, { stopped, onMade: () => (made += 1) })),
    );
  } finally {
    if (made > 0) {
      output.warn(
        'the grants are shared with the Salesforce CLI from now on; where an app rotates refresh tokens, log out there: ' +
          'sf org logout --target-org ORG (it asks Salesforce nothing, so the grant lives on)',
      );
    }
  }
}

function refuseOthers({ name, loginUrl, rejects }: TakeOverFlags): void {
  const given = { '--name': name, '--login-url': loginUrl, '--rejects': rejects };
  const [flag] = Object.entries(given).find(([, value]) => value !== undefined) ?? [];
  if (flag === undefined) return;
  throw new UsageError(`${flag} does not go with --salesforce-cli.`, {
    fix: [
      'Each org keeps its alias as name and its own host; what was refused is listed, with --json as well.',
      'One org, under another name: sf org auth show-sfdx-auth-url --target-org ORG --json | forcemint import - --name NAME --take-over',
    ],
  });
}

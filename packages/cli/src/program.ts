import { type Argument, Command } from 'commander';
import packageJson from '../package.json' with { type: 'json' };
import { register as api } from './commands/api.ts';
import { register as connect } from './commands/connect.ts';
import { register as demo } from './commands/demo.ts';
import { register as doctor } from './commands/doctor.ts';
import { register as emulator } from './commands/emulator.ts';
import { register as events } from './commands/events.ts';
import { register as exec } from './commands/exec.ts';
import { register as exportConnection } from './commands/export.ts';
import { register as importFile } from './commands/import.ts';
import { register as list } from './commands/list.ts';
import { register as login } from './commands/login.ts';
import { register as remove } from './commands/remove.ts';
import { register as renew } from './commands/renew.ts';
import { register as reportInvalid } from './commands/report-invalid.ts';
import { register as revoke } from './commands/revoke.ts';
import { register as setup } from './commands/setup.ts';
import { register as show } from './commands/show.ts';
import { register as status } from './commands/status.ts';
import { register as store } from './commands/store.ts';
import { register as token } from './commands/token.ts';
import { register as update } from './commands/update.ts';
import { register as why } from './commands/why.ts';
import type { Context } from './context.ts';

type Register = (program: Command, context: Context) => void;

/** The commands as the help lists them. */
const GROUPS: readonly (readonly [string, readonly Register[]])[] = [
  ['Connections:', [setup, connect, login, importFile, update, list, show, status, events, exportConnection, revoke, remove]],
  ['Tokens:', [token, exec, api, renew, reportInvalid]],
  ['When something is wrong:', [doctor, why]],
  ['The store:', [store]],
  ['Without a Salesforce org:', [demo, emulator]],
];

const HELP = `
A first token, without a Salesforce org:  forcemint demo
Help and examples of one command:         forcemint connect --help

Exit codes: 0 done, 1 unexpected, 2 usage, 3 somebody must authorize again, 4 Salesforce refuses: mend the setup,
5 passing trouble: try later, 6 no such connection.
Environment: FORCEMINT_HOME, FORCEMINT_STORE=sqlite:PATH|postgres://…, FORCEMINT_STORE_FILE, FORCEMINT_STORE_LABEL,
FORCEMINT_MASTER_KEY_FILE, FORCEMINT_EXTRA_HOSTS, HTTPS_PROXY, NO_PROXY, NO_COLOR, FORCEMINT_DEBUG=1.`;

/** The whole command line. Its own errors are thrown as `CommanderError`; it never ends the process. */
export function createProgram(context: Context): Command {
  const program = new Command('forcemint');
  const { output } = context;
  program
    .description('Gives every process a Salesforce access token that works.')
    .version(packageJson.version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .helpCommand('help [command]', 'print help')
    .addHelpText('after', HELP)
    .configureHelp({ subcommandTerm: (command) => [command.name(), ...command.registeredArguments.map(termOf)].join(' ') })
    .showSuggestionAfterError(true)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => output.raw(text),
      writeErr: (text) => output.stderr.write(text),
      // Errors are thrown, and reported in one place.
      outputError: () => undefined,
      getOutHelpWidth: () => Math.min(output.stdout.columns ?? 120, 120),
      getErrHelpWidth: () => Math.min(output.stderr.columns ?? 120, 120),
      getOutHasColors: () => output.stdout.isTTY === true && (context.env.NO_COLOR ?? '') === '',
    });
  for (const [group, registers] of GROUPS) {
    program.commandsGroup(group);
    for (const register of registers) register(program, context);
  }
  program.commandsGroup('Help:');
  return program;
}

function termOf(argument: Argument): string {
  const name = `${argument.name().toUpperCase()}${argument.variadic ? ' …' : ''}`;
  return argument.required ? name : `[${name}]`;
}

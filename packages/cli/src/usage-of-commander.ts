import type { CommanderError } from 'commander';
import { UsageError } from './usage-error.ts';

/** Commander's complaint about the line, in our form. Values that were typed are not repeated. */
export function usageErrorOf(error: CommanderError, args: readonly string[]): UsageError {
  const [first = '', ...rest] = error.message.replace(/^error: /, '').split('\n');
  const suggestion = /\(Did you mean (.+)\?\)/.exec(rest.join('\n'))?.[1];
  const command = args.find((argument) => !argument.startsWith('-'));
  const help =
    error.code === 'commander.unknownCommand' || command === undefined ? 'forcemint --help' : `forcemint ${command} --help`;
  const behind = command === 'exec' ? ['Put -- before the command to run: forcemint exec NAME -- COMMAND …'] : [];
  return new UsageError(sentence(withoutValues(first)), {
    fix: [...behind, ...(suggestion === undefined ? [] : [`Did you mean ${suggestion}?`]), `See what can be typed: ${help}`],
  });
}

function sentence(text: string): string {
  const plain = text.trim();
  return `${plain.charAt(0).toUpperCase()}${plain.slice(1)}${/[.?!]$/.test(plain) ? '' : '.'}`;
}

/** Names of commands and flags may be repeated; anything else that was typed could be a secret. */
function withoutValues(text: string): string {
  return text.replace(/(but got \d+):.*/, '$1').replace(/'([^']*)'/g, (_quoted, typed: string) => {
    const name = typed.split('=', 1)[0] ?? '';
    const shown = /^[a-z<-][a-z0-9<>. -]{0,30}$/i.test(name) ? name : '…';
    return `'${shown}${typed.includes('=') && shown !== '…' ? '=…' : ''}'`;
  });
}

import type { Context } from '../context.ts';
import { Interrupted } from '../interrupts.ts';

/** Whether somebody can be asked. */
export function canAsk(context: Context): boolean {
  return context.stdin.isTTY === true && context.output.stderr.isTTY === true;
}

/** Asks yes or no on the terminal; `no` is the default. @throws Interrupted */
export async function confirm(context: Context, message: string): Promise<boolean> {
  const { confirm: ask, isCancel } = await import('@clack/prompts');
  const answer = await ask({ message, initialValue: false, ...streams(context) });
  if (isCancel(answer)) throw new Interrupted('SIGINT');
  return answer;
}

/** Asks for a secret; nothing of what is typed is shown. @throws Interrupted */
export async function askSecret(context: Context, message: string): Promise<string> {
  const { password, isCancel } = await import('@clack/prompts');
  const answer = await password({ message: `${message} (not shown)`, mask: '', ...streams(context) });
  if (isCancel(answer)) throw new Interrupted('SIGINT');
  return answer ?? '';
}

/** Asks for a line. @throws Interrupted */
export async function askLine(context: Context, message: string): Promise<string> {
  const { text, isCancel } = await import('@clack/prompts');
  const answer = await text({ message, ...streams(context) });
  if (isCancel(answer)) throw new Interrupted('SIGINT');
  return answer ?? '';
}

/** Asks for one of several. @throws Interrupted */
export async function choose<T extends string>(
  context: Context,
  message: string,
  options: readonly { readonly value: T; readonly label: string }[],
): Promise<T> {
  const { select, isCancel } = await import('@clack/prompts');
  const answer: unknown = await select({
    message,
    options: options.map(({ value, label }) => ({ value: value as string, label })),
    ...streams(context),
  });
  if (isCancel(answer)) throw new Interrupted('SIGINT');
  const chosen = options.find(({ value }) => value === answer);
  if (chosen === undefined) throw new TypeError('an option is chosen, or none');
  return chosen.value;
}

function streams(context: Context): { input: Context['stdin']; output: Context['output']['stderr'] } {
  return { input: context.stdin, output: context.output.stderr };
}

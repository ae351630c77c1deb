import { type EmulatorAnswer, textAnswer } from '../server/http-message.ts';

/** The `callback` parameter, if it is the name of a function and no other script. */
export function jsonpCallback(callback: string | null): string | undefined {
  return callback !== null && /^[\w$.]{1,100}$/.test(callback) ? callback : undefined;
}

/** A script that hands the value to the function; the status is 200, because a script could not read another. */
export function jsonpAnswer(callback: string, value: unknown): EmulatorAnswer {
  return textAnswer(200, `${callback}(${JSON.stringify(value)})`, 'application/javascript;charset=UTF-8');
}

import { APP_CALLBACK, WEB_CALLBACK } from './world.ts';

const LOOPBACK_PORT = /^(1717|[1-9]\d{4})$/;

/** True when the URL is a callback that the world's apps registered, with or without an answer in its query. */
export function isRegisteredCallback(location: string): boolean {
  for (const fixed of [WEB_CALLBACK, APP_CALLBACK]) {
    if (location === fixed || location.startsWith(`${fixed}${fixed.includes('?') ? '&' : '?'}`)) return true;
  }
  const match = /^http:\/\/(?:localhost:(\d+)\/callback|127\.0\.0\.1:(\d+))(?:$|\?)/.exec(location);
  const port = match?.[1] ?? match?.[2] ?? '';
  return LOOPBACK_PORT.test(port) && Number(port) <= 65_535;
}

/** True for the ports that `:*` in a callback URL stands for: 1717, and 10000 to 65535. */
function isLoopbackPort(port: number): boolean {
  return port === 1717 || (port >= 10_000 && port <= 65_535);
}

/** True when `redirectUri` equals one of the registered callback URLs, character by character but for a `:*` port. */
export function matchesCallbackUrl(registered: readonly string[], redirectUri: string): boolean {
  return registered.some((callbackUrl) => {
    const star = callbackUrl.indexOf(':*');
    if (star < 0) return callbackUrl === redirectUri;
    const before = callbackUrl.slice(0, star + 1);
    const after = callbackUrl.slice(star + 2);
    if (!redirectUri.startsWith(before) || !redirectUri.endsWith(after)) return false;
    const port = redirectUri.slice(before.length, redirectUri.length - after.length);
    return /^[1-9]\d{3,4}$/.test(port) && isLoopbackPort(Number(port));
  });
}

import { openForcemint } from '@forcemint/node';

/** A service as small as can be: home and trusted hosts on its command line, a name to renew with each message. */
const [home = '', ...extraHosts] = process.argv.slice(2);
const forcemint = await openForcemint({ home, extraHosts, env: {}, drainOn: ['SIGTERM', 'SIGINT'] });
process.on('message', (name: string) => {
  forcemint.renew(name).then(
    ({ value }) => process.send?.({ value }),
    ({ code }: { code?: string }) => process.send?.({ code }),
  );
});
process.send?.('ready');

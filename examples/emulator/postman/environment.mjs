// Prints a Postman environment for a running emulator:
//   npx forcemint emulator --port 8080
//   node environment.mjs http://127.0.0.1:8080/_emulator/ready > emulator.postman_environment.json

const [readyUrl = 'http://127.0.0.1:8080/_emulator/ready'] = process.argv.slice(2);
const ready = await (await fetch(readyUrl)).json();
const { clientId, clientSecret, username } = ready.apps.all;
const { password } = ready.users.find((user) => user.username === username);

const variables = {
  url: ready.myDomainUrl,
  site: '',
  version: '66.0',
  clientId,
  clientSecret,
  redirectUrl: 'http://localhost:1717/OauthRedirect',
  username,
  password,
  controlUrl: ready.controlUrl,
};
const secrets = ['clientSecret', 'password'];
const values = Object.entries(variables).map(([key, value]) => {
  return { key, value, type: secrets.includes(key) ? 'secret' : 'default', enabled: true };
});
console.log(JSON.stringify({ name: ready.org.name, values }, undefined, 2));

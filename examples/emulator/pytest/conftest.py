"""A local Salesforce for the tests: `npx forcemint emulator --json`, one for the whole run."""

import json
import subprocess
import urllib.error
import urllib.parse
import urllib.request

import pytest


def http(url, *, form=None, body=None, token=None):
    """One request; gives status and parsed JSON. Salesforce's errors are answers, no exceptions."""
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    data = None
    if form is not None:
        data = urllib.parse.urlencode(form).encode()
    elif body is not None:
        data = json.dumps(body).encode()
        headers["Content-Type"] = "application/json"
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data, headers)) as response:
            return response.status, json.load(response)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


class Emulator:
    """What the ready line says, and the control interface."""

    def __init__(self, ready):
        self.login_url = ready["loginUrl"]
        self.my_domain_url = ready["myDomainUrl"]
        self.users = ready["users"]
        self.apps = ready["apps"]
        self._control_url = ready["controlUrl"] + "/_emulator/"

    def control(self, name, **body):
        status, answer = http(self._control_url + name, body=body or None)
        assert status == 200, answer
        return answer

    def advance_clock(self, seconds):
        self.control("clock", advanceSeconds=seconds)

    def fault(self, action, *, match=None, times=1):
        self.control("faults", action=action, match=match or {}, times=times)

    def grant(self, app, user):
        """A refresh token without a browser."""
        return self.control("grants", app=app, user=user)[0]

    def ledger(self):
        return self.control("ledger")


@pytest.fixture(scope="session")
def emulator():
    # npx runs a command in a shell of its own; `exec` puts the emulator in its place, so that
    # SIGTERM reaches it.
    command = ["npx", "--call", "exec forcemint emulator --json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Emulator(json.loads(process.stdout.readline()))
        finally:
            process.terminate()
    assert process.returncode == 0

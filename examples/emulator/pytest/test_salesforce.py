from conftest import http

# Tests share the emulator: each gets tokens of its own, and the clock only ever goes forward.


def client_credentials(emulator):
    app = emulator.apps["clientCredentials"]
    form = {
        "grant_type": "client_credentials",
        "client_id": app["clientId"],
        "client_secret": app["clientSecret"],
    }
    status, token = http(f"{emulator.my_domain_url}/services/oauth2/token", form=form)
    assert status == 200
    return token


def refresh(emulator, refresh_token):
    form = {
        "grant_type": "refresh_token",
        "client_id": emulator.apps["rotating"]["clientId"],
        "refresh_token": refresh_token,
    }
    return http(f"{emulator.login_url}/services/oauth2/token", form=form)


def query(token, soql):
    url = f"{token['instance_url']}/services/data/v66.0/query?q={soql.replace(' ', '+')}"
    return http(url, token=token["access_token"])


def test_token_works(emulator):
    status, answer = query(client_credentials(emulator), "SELECT Id, Name FROM Account LIMIT 2")
    assert status == 200
    assert len(answer["records"]) == 2


def test_expired_session(emulator):
    token = client_credentials(emulator)
    emulator.advance_clock(2 * 60 * 60 + 1)  # the session timeout is two hours
    status, errors = query(token, "SELECT Id FROM Account")
    assert (status, errors[0]["errorCode"]) == (401, "INVALID_SESSION_ID")


def test_refused_refresh_token(emulator):
    refresh_token = emulator.grant("rotating", emulator.apps["rotating"]["username"])
    emulator.fault({"row": "R1"}, match={"grantType": "refresh_token"})
    status, error = refresh(emulator, refresh_token)
    assert status == 400
    assert error == {
        "error": "invalid_grant",
        "error_description": "expired access/refresh token",
    }


def test_rotation(emulator):
    first = emulator.grant("rotating", emulator.apps["rotating"]["username"])
    _, renewed = refresh(emulator, first)
    assert renewed["refresh_token"] != first
    status, error = refresh(emulator, first)
    assert (status, error["error"]) == (400, "invalid_grant")

    # The ledger has one line for each token request, with fingerprints instead of tokens.
    first_use, second_use = emulator.ledger()[-2:]
    assert first_use["presented"] == second_use["presented"]
    assert (first_use["consumed"], second_use["consumed"]) == (True, False)

#!/usr/bin/env bash
set -euo pipefail

# Start: the emulator says where it is in one line of JSON. `read` waits for that line, and fails when the emulator does.
folder=$(mktemp -d)
mkfifo "$folder/ready"
# npx runs a command in a shell of its own; `exec` puts the emulator in its place, so that `kill` reaches it.
npx --call 'exec forcemint emulator --json' >"$folder/ready" &
emulator=$!
trap 'kill "$emulator" && wait "$emulator"; rm -r "$folder"' EXIT
read -r ready <"$folder/ready"

# What the ready line, or an answer, says: `json "$ready" .apps.web.clientId`
json() { node -p 'JSON.parse(process.argv[1])'"$2" -- "$1"; }
my_domain=$(json "$ready" .myDomainUrl)
login=$(json "$ready" .loginUrl)
control=$(json "$ready" .controlUrl)/_emulator

# A token.
token=$(curl --silent --show-error --fail-with-body "$my_domain/services/oauth2/token" \
  --data grant_type=client_credentials \
  --data client_id="$(json "$ready" .apps.clientCredentials.clientId)" \
  --data client_secret="$(json "$ready" .apps.clientCredentials.clientSecret)")
access_token=$(json "$token" .access_token)
query() {
  curl --silent --get "$my_domain/services/data/v66.0/query" \
    --header "Authorization: Bearer $access_token" --data-urlencode "q=$1"
}
echo "query:           $(json "$(query 'SELECT Name FROM Account LIMIT 1')" '.records[0].Name')"

# An expired session: the session timeout is two hours, the clock goes forward.
curl --silent --output /dev/null "$control/clock" --data '{"advanceSeconds": 7201}'
echo "two hours later: $(json "$(query 'SELECT Name FROM Account LIMIT 1')" '[0].errorCode')"

# Rotation: a refresh token without a browser, used up by its first use.
client_id=$(json "$ready" .apps.rotating.clientId)
user=$(json "$ready" .apps.rotating.username)
grants=$(curl --silent "$control/grants" --data "{\"app\": \"rotating\", \"user\": \"$user\"}")
refresh() {
  curl --silent "$login/services/oauth2/token" --data grant_type=refresh_token \
    --data client_id="$client_id" --data-urlencode "refresh_token=$1"
}
first=$(json "$grants" '[0]')
renewed=$(refresh "$first")
echo "replayed:        $(json "$(refresh "$first")" .error)"

# A refused grant, on demand: row R1 of the error catalogue for the next refresh.
curl --silent --output /dev/null "$control/faults" \
  --data '{"match": {"grantType": "refresh_token"}, "action": {"row": "R1"}}'
echo "refused:         $(json "$(refresh "$(json "$renewed" .refresh_token)")" .error_description)"

# What the server saw.
json "$(curl --silent "$control/ledger")" \
  '.map((one) => `${one.seq} ${one.grantType} ${one.outcome}`).join("\n")'

#!/usr/bin/env bash
set -euo pipefail

folder=$(mktemp -d)
mkfifo "$folder/ready"
# npx runs a command in a shell of its own; `exec` puts the emulator in its place, so that `kill` reaches it.
npx --call 'exec forcemint emulator --json' >"$folder/ready" &
emulator=$!
trap 'kill "$emulator" && wait "$emulator"; rm -r "$folder"' EXIT
read -r ready <"$folder/ready"

control=$(node -p 'JSON.parse(process.argv[1]).controlUrl' -- "$ready")
node environment.mjs "$control/_emulator/ready" >"$folder/environment.json"
npx newman run emulator.postman_collection.json --environment "$folder/environment.json" "$@"

#!/bin/sh
':' //; for node in "${0%/*}/node" node; do command -v "$node" >/dev/null 2>&1 && exec "$node" "$0" "$@"; done; echo "forcemint needs Node 24 or newer, and finds no node." >&2; exit 1
if (Number(process.versions.node.split('.')[0]) < 24) {
  console.error('forcemint needs Node 24 or newer; this is Node ' + process.versions.node + ' (' + process.execPath + ').');
  process.exit(1);
}
require('../dist/bin.cjs');

#!/bin/sh
# Drives the simulated Kalshi venue with official and unofficial SDKs, each installed into a temporary
# directory outside the repository. Usage: tests/conformance/run.sh [PATH-OF-STATECRAFT]
# Needs node >= 20 and/or python3; what is missing is skipped with a message. Exit 1 if a step failed.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
program=${1:-$here/../../target/debug/statecraft}
work=$(mktemp -d)
failed=0
venue=

stop() {
    if [ -n "$venue" ]; then kill "$venue" 2>/dev/null || true; wait "$venue" 2>/dev/null || true; fi
    venue=
}
trap 'stop; rm -rf "$work"' EXIT

start() {
    stop
    rm -f "$work/venue.json"
    "$program" sim kalshi --listen 127.0.0.1:0 --keys "$work/keys" --seed 1 --json "$@" \
        >"$work/venue.json" 2>"$work/venue.log" &
    venue=$!
    tries=0
    while ! grep -q base_url "$work/venue.json" 2>/dev/null; do
        tries=$((tries + 1))
        [ $tries -lt 100 ] || { cat "$work/venue.log" >&2; exit 1; }
        sleep 0.1
    done
    base=$(sed 's/.*"base_url":"\([^"]*\)".*/\1/' "$work/venue.json")
    key=$(cat "$work/keys/api_key_id.txt")
}

if command -v node >/dev/null 2>&1; then
    cp "$here/kalshi-typescript.mjs" "$work/"
    (cd "$work" && npm install --silent --no-fund --no-audit kalshi-typescript@3.30.0 axios >&2)
    start --speed 100000
    echo "== kalshi-typescript 3.30.0"
    node "$work/kalshi-typescript.mjs" "$base" "$key" "$work/keys/private_key.pem" || failed=1
else
    echo "node is not here: kalshi-typescript skipped" >&2
fi

if command -v python3 >/dev/null 2>&1; then
    python3 -m venv "$work/venv"
    # The wheels ask for newer Pythons than they need.
    "$work/venv/bin/pip" install -q --ignore-requires-python \
        kalshi_python_sync==3.34.0 kalshi-sdk==22.4.0 >&2
    start --speed 100000
    echo "== kalshi_python_sync 3.34.0"
    "$work/venv/bin/python" "$here/kalshi_python_sync_test.py" \
        "$base" "$key" "$work/keys/private_key.pem" || failed=1
    start --speed 10
    echo "== kalshi_python_sync 3.34.0 (Ed25519)"
    key=$(cat "$work/keys/ed25519/api_key_id.txt")
    "$work/venv/bin/python" - "$base" "$key" "$work/keys/ed25519/private_key.pem" <<'PY' || failed=1
import sys
import kalshi_python_sync as sdk
config = sdk.Configuration(host=sys.argv[1])
config.api_key_id = sys.argv[2]
config.private_key_pem = open(sys.argv[3], encoding="utf-8").read()
print("ok   balance", sdk.KalshiClient(config).get_balance().balance_dollars)
PY
    echo "== kalshi-sdk 22.4.0 websocket"
    address=${base#http://}
    "$work/venv/bin/python" "$here/kalshi_sdk_ws_test.py" \
        "${address%%/*}" "$(cat "$work/keys/api_key_id.txt")" "$work/keys/private_key.pem" || failed=1
else
    echo "python3 is not here: the Python SDKs are skipped" >&2
fi
exit $failed

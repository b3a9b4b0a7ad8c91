#!/bin/bash
# Concord's own figures on this machine: start, idle cost, durable puts and reads, configuration push to many clients,
# memory and restart with many keys. Writes bench/results/concord.md and .jsonl.
#
#   bench/measure.sh
#   SECONDS_EACH=1 KEYS=50000 WATCHERS="100 1000" PUBLISHES=5 bench/measure.sh     a quick look
#
# Variables: SECONDS_EACH (10), CLIENTS ("1 64 256"), WATCHERS ("1000 10000"), PUBLISHES (20), CONNECTIONS (0: few;
# a number of TCP connections that the watchers share), KEYS (1000000), OUT, SKIP_BUILD.
. "$(dirname "$0")/lib.sh"

SECONDS_EACH="${SECONDS_EACH:-10}"
read -ra CLIENTS <<<"${CLIENTS:-1 64 256}"
read -ra WATCHERS <<<"${WATCHERS:-1000 10000}"
PUBLISHES="${PUBLISHES:-20}"
CONNECTIONS="${CONNECTIONS:-0}"
KEYS="${KEYS:-1000000}"
OUT="${OUT:-$ROOT/bench/results/concord}"
RESULTS="$WORK/results.jsonl"

build
mkdir -p "$(dirname "$OUT")"
PORT="$(free_port)"
PEER="$(free_port)"
DIR="$WORK/data"
COMMON=(--endpoint "127.0.0.1:$PORT" --label concord --out "$RESULTS")
mapfile -t LINE < <(concord_line "$DIR" "$PORT" "$PEER")

say "start, and idle"
"$BENCH" start "${COMMON[@]}" --name start --times 5 -- "${LINE[@]}"
start concord "$DIR" "$PORT" "$PEER"
sleep 30 # the compiler still works on what starting up used
"$BENCH" idle --server-pid "$PID" --label concord --out "$RESULTS"

say "load"
"$BENCH" load "${COMMON[@]}" --server-pid "$PID" --seconds "$SECONDS_EACH" --clients "${CLIENTS[@]}" \
  --workload put range range-serializable range-50 compare-and-swap
stop "$PID"
rm -rf "$DIR"

say "configuration push"
start concord "$DIR" "$PORT" "$PEER"
"$BENCH" config-push "${COMMON[@]}" --server-pid "$PID" --watchers "${WATCHERS[@]}" --publishes "$PUBLISHES" --connections "$CONNECTIONS"
sleep 15 # so many connections take some seconds to clear away
"$BENCH" idle --server-pid "$PID" --label concord --out "$RESULTS" --name idle-after-push
stop "$PID"
rm -rf "$DIR"

say "$KEYS keys"
start concord "$DIR" "$PORT" "$PEER"
"$BENCH" fill "${COMMON[@]}" --server-pid "$PID" --keys "$KEYS"
"$BENCH" idle --server-pid "$PID" --label concord --out "$RESULTS" --name "idle-$KEYS-keys"
stop "$PID"
"$BENCH" start "${COMMON[@]}" --name "restart-$KEYS-keys" --times 3 -- "${LINE[@]}"

{
  echo "# Concord's figures"
  echo
  machine
  echo "- $SECONDS_EACH s for each measurement; values of 256 bytes; one node; every write flushed before it is answered"
  echo "- server and load generator share the processors"
  echo "- config-push: milliseconds from sending \"publish\" to the last of the clients, each with a stream of its own; $PUBLISHES publishes; connections: ${CONNECTIONS/#0/few}"
  echo
  "$BENCH" report "$RESULTS"
} >"$OUT.md"
cp "$RESULTS" "$OUT.jsonl"
say "written: $OUT.md"

#!/bin/bash
# Concord and etcd side by side on this machine: the same load generator, both fresh and flushing, in turns (A B A B …),
# so that both see the same machine. Needs etcd in PATH (Debian: etcd-server). Writes bench/results/compare-etcd.md and
# .jsonl. Both share the processors with the load generator.
#
#   bench/compare-etcd.sh              everything, about ROUNDS × 4 minutes
#   ROUNDS=1 SECONDS_EACH=1 KEYS=50000 bench/compare-etcd.sh    a quick look
#
# Variables: ROUNDS (3), SECONDS_EACH (5), CLIENTS ("1 64 256"), WATCHERS ("100 1000 10000"), KEYS (1000000), OUT,
# SKIP_BUILD.
. "$(dirname "$0")/lib.sh"

command -v etcd >/dev/null || { echo "etcd is not in PATH; install Debian's etcd-server to compare." >&2; exit 1; }
ROUNDS="${ROUNDS:-3}"
SECONDS_EACH="${SECONDS_EACH:-5}"
read -ra CLIENTS <<<"${CLIENTS:-1 64 256}"
read -ra WATCHERS <<<"${WATCHERS:-100 1000 10000}"
KEYS="${KEYS:-1000000}"
OUT="${OUT:-$ROOT/bench/results/compare-etcd}"
RESULTS="$WORK/results.jsonl"

# round NAME: all workloads against one fresh server.
round() {
  local name="$1" dir="$WORK/$1-data" port peer line
  port="$(free_port)"
  peer="$(free_port)"
  rm -rf "$dir"
  local common=(--endpoint "127.0.0.1:$port" --label "$name" --out "$RESULTS")
  mapfile -t line < <("${name}_line" "$dir" "$port" "$peer")

  say "$name: start"
  "$BENCH" start "${common[@]}" --name start --times 3 -- "${line[@]}"
  start "$name" "$dir" "$port" "$peer"
  "$BENCH" idle --server-pid "$PID" --label "$name" --out "$RESULTS" --name idle
  say "$name: load"
  "$BENCH" load "${common[@]}" --server-pid "$PID" --seconds "$SECONDS_EACH" --clients "${CLIENTS[@]}" \
    --workload put range range-serializable range-50 range-100 compare-and-swap mixed-90-10 lease-grant keep-alive
  "$BENCH" load "${common[@]}" --server-pid "$PID" --seconds "$SECONDS_EACH" --clients 1000 --workload put range
  say "$name: fan-out"
  "$BENCH" fan-out "${common[@]}" --server-pid "$PID" --seconds "$SECONDS_EACH" --watchers "${WATCHERS[@]}"
  say "$name: $KEYS keys"
  "$BENCH" fill "${common[@]}" --server-pid "$PID" --keys "$KEYS"
  "$BENCH" load "${common[@]}" --server-pid "$PID" --seconds "$SECONDS_EACH" --clients 8 --workload range-10000
  stop "$PID"
  "$BENCH" start "${common[@]}" --name "restart-$KEYS-keys" --times 1 -- "${line[@]}"
  rm -rf "$dir"
}

build
mkdir -p "$(dirname "$OUT")"
for i in $(seq 1 "$ROUNDS"); do
  say "round $i of $ROUNDS"
  round concord
  round etcd
done

{
  echo "# Concord and etcd side by side"
  echo
  machine
  echo "- etcd: $(etcd --version | head -1)"
  echo "- rounds: $ROUNDS, in turns; $SECONDS_EACH s for each measurement; values of 256 bytes; one node each; every write flushed"
  echo "- clients, server and both ends of every connection share the processors; the load generator is the same program"
  echo
  "$BENCH" report "$RESULTS" --subject concord --baseline etcd
} >"$OUT.md"
cp "$RESULTS" "$OUT.jsonl"
say "written: $OUT.md"

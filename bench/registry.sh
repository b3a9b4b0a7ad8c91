#!/bin/bash
# The registry's figures on this machine, three members: registrations, renewals and heartbeats, many instances held, a change to
# many followers, and a restart of all members at once. Writes bench/results/registry.md and .jsonl. All members share the processors
# and the disk with the load generator.
#
#   bench/registry.sh
#   SECONDS_EACH=2 INSTANCES=10000 WATCHERS=1000 bench/registry.sh     a quick look
#
# Variables: SECONDS_EACH (5), CLIENTS ("64 256"), INSTANCES (100000), WATCHERS (10000), OUT, SKIP_BUILD. Needs curl and jq.
. "$(dirname "$0")/lib.sh"

SECONDS_EACH="${SECONDS_EACH:-5}"
read -ra CLIENTS <<<"${CLIENTS:-64 256}"
INSTANCES="${INSTANCES:-100000}"
WATCHERS="${WATCHERS:-10000}"
OUT="${OUT:-$ROOT/bench/results/registry}"
RESULTS="$WORK/results.jsonl"
PORTS=()
PEERS=()
PIDS=()

# member INDEX: starts one member; its process id is in PIDS[INDEX].
member() {
  local i="$1" j initial=""
  for j in 0 1 2; do initial+="${initial:+,}n$j=http://127.0.0.1:${PEERS[$j]}"; done
  "$CONCORD" --name "n$i" --data-dir "$WORK/n$i" --listen-client-urls "http://127.0.0.1:${PORTS[$i]}" \
    --listen-peer-urls "http://127.0.0.1:${PEERS[$i]}" --initial-advertise-peer-urls "http://127.0.0.1:${PEERS[$i]}" \
    --initial-cluster "$initial" --log-level warn >>"$WORK/n$i.log" 2>&1 &
  PIDS[$i]=$!
  SERVERS+=("$!")
}

# states: how many instances are in each state, as the first member sees it. One answer holds 50,000; names begin with ten digits.
states() {
  local digit try
  for digit in $(seq 0 9); do
    for try in $(seq 1 600); do
      curl -sf "http://127.0.0.1:${PORTS[0]}/v1/services?prefix=bench-many-$digit" && break
      sleep 0.05
    done
  done | jq -rs '[.[].services[]] | "\(map(.total) | add) instances, \(map(.healthy) | add) healthy, \(map(.held) | add) held"'
}

build
mkdir -p "$(dirname "$OUT")"
for i in 0 1 2; do
  PORTS+=("$(free_port)")
  PEERS+=("$(free_port)")
done
for i in 0 1 2; do member "$i"; done
for i in 0 1 2; do wait_port "${PORTS[$i]}"; done
COMMON=(--endpoint "127.0.0.1:${PORTS[0]}" --label concord --out "$RESULTS" --server-pid "${PIDS[0]}")

say "registrations, renewals, heartbeats"
"$BENCH" load "${COMMON[@]}" --seconds "$SECONDS_EACH" --clients "${CLIENTS[@]}" --workload register renew heartbeat
say "a change to $WATCHERS followers"
"$BENCH" registry-push "${COMMON[@]}" --watchers "$WATCHERS"
say "$INSTANCES instances on streams"
"$BENCH" registry-hold "${COMMON[@]}" --instances "$INSTANCES"

say "$INSTANCES instances, and a restart of all members"
"$BENCH" registry-hold --endpoint "127.0.0.1:${PORTS[0]}" --instances "$INSTANCES" --streams 0 --ttl 60 >/dev/null
BEFORE="$(states)"
for i in 0 1 2; do kill -9 "${PIDS[$i]}"; wait "${PIDS[$i]}" 2>/dev/null || true; done
FROM="$(date +%s%3N)"
for i in 0 1 2; do member "$i"; done
AFTER="$(states)"
TOOK=$(($(date +%s%3N) - FROM))
sleep 10
LATER="$(states)"

{
  echo "# The registry's figures"
  echo
  machine
  echo "- three members; $SECONDS_EACH s for each measurement; every write flushed by a majority before it is answered; processor time and memory of the member that was asked"
  echo "- members, clients and both ends of every connection share the processors"
  echo
  "$BENCH" report "$RESULTS" --subject concord
  echo
  echo "All members killed (SIGKILL) with $INSTANCES ephemeral instances of 60 s, and started again:"
  echo
  echo "- before: $BEFORE"
  echo "- the first answer after $TOOK ms: $AFTER"
  echo "- 10 s later: $LATER"
} >"$OUT.md"
cp "$RESULTS" "$OUT.jsonl"
say "written: $OUT.md"

#!/bin/bash
# Clusters of three members on this machine, Concord and etcd in turns: load on the leader and on a follower, then the
# leader is killed again and again. Needs etcd and etcdctl in PATH (Debian: etcd-server, etcd-client). Writes
# bench/results/compare-etcd-cluster.md and .jsonl. All members share the processors and the disk with the load generator.
#
#   bench/compare-etcd-cluster.sh
#   ROUNDS=1 SECONDS_EACH=2 KILLS=3 bench/compare-etcd-cluster.sh    a quick look
#
# Variables: ROUNDS (3), SECONDS_EACH (5), CLIENTS ("64 256"), KILLS (10), WARM_UP (8 s), MEMBERS (3), OUT, SKIP_BUILD.
. "$(dirname "$0")/lib.sh"

command -v etcd >/dev/null && command -v etcdctl >/dev/null || { echo "etcd and etcdctl are not in PATH; install Debian's etcd-server and etcd-client to compare." >&2; exit 1; }
ROUNDS="${ROUNDS:-3}"
SECONDS_EACH="${SECONDS_EACH:-5}"
read -ra CLIENTS <<<"${CLIENTS:-64 256}"
KILLS="${KILLS:-10}"
WARM_UP="${WARM_UP:-8}"
MEMBERS="${MEMBERS:-3}"
OUT="${OUT:-$ROOT/bench/results/compare-etcd-cluster}"
RESULTS="$WORK/results.jsonl"
export ETCDCTL_API=3

PORTS=()
PEERS=()
PIDS=()

# member NAME INDEX: starts one member; its process id is in PIDS[INDEX].
member() {
  local name="$1" i="$2" line initial=""
  for j in $(seq 0 $((MEMBERS - 1))); do initial+="${initial:+,}n$j=http://127.0.0.1:${PEERS[$j]}"; done
  line=(--name "n$i" --data-dir "$WORK/$name-$i" --listen-client-urls "http://127.0.0.1:${PORTS[$i]}" --advertise-client-urls "http://127.0.0.1:${PORTS[$i]}"
    --listen-peer-urls "http://127.0.0.1:${PEERS[$i]}" --initial-advertise-peer-urls "http://127.0.0.1:${PEERS[$i]}" --initial-cluster "$initial"
    --quota-backend-bytes 8589934592)
  case "$name" in
    concord) "$CONCORD" "${line[@]}" --log-level warn >>"$WORK/$name-$i.log" 2>&1 & ;;
    etcd) etcd "${line[@]}" --logger zap --log-level error >>"$WORK/$name-$i.log" 2>&1 & ;;
  esac
  PIDS[$i]=$!
  SERVERS+=("$!")
}

# other_port: a free port that no member has yet; the system may give the same one twice.
other_port() {
  local port
  while port="$(free_port)"; do
    [[ " ${PORTS[*]} ${PEERS[*]} " == *" $port "* ]] || { echo "$port"; return; }
  done
}

# leader: waits until somebody leads and the others agree; prints its index.
leader() {
  local try i status id lead
  for try in $(seq 1 200); do
    for i in $(seq 0 $((MEMBERS - 1))); do
      kill -0 "${PIDS[$i]}" 2>/dev/null || { echo "a member has ended:" >&2; tail -n 5 "$WORK"/*-"$i".log >&2; return 1; }
    done
    local -A ids=() leads=()
    for i in $(seq 0 $((MEMBERS - 1))); do
      status="$(etcdctl --endpoints "127.0.0.1:${PORTS[$i]}" --command-timeout 1s endpoint status -w json 2>/dev/null)" || continue
      id="$(grep -o '"member_id":[0-9]*' <<<"$status" | cut -d: -f2)"
      lead="$(grep -o '"leader":[0-9]*' <<<"$status" | cut -d: -f2)"
      [ -n "$lead" ] && ids[$id]="$i" && leads[$lead]=1
    done
    if [ "${#ids[@]}" = "$MEMBERS" ] && [ "${#leads[@]}" = 1 ] && [ -n "${ids[${!leads[*]}]:-}" ]; then
      echo "${ids[${!leads[*]}]}"
      return
    fi
    sleep 0.1
  done
  echo "no leader" >&2
  return 1
}

resident() {
  local i sum=0
  for i in $(seq 0 $((MEMBERS - 1))); do sum=$((sum + $(awk '/VmRSS/ {print $2}' "/proc/${PIDS[$i]}/status"))); done
  echo "$((sum / 1024 / MEMBERS))"
}

round() {
  local name="$1" i l f survivors
  PORTS=() PEERS=() PIDS=()
  for i in $(seq 0 $((MEMBERS - 1))); do
    PORTS+=("$(other_port)")
    PEERS+=("$(other_port)")
    rm -rf "$WORK/$name-$i"
  done
  for i in $(seq 0 $((MEMBERS - 1))); do member "$name" "$i"; done
  l="$(leader)" || exit 1
  f=$(((l + 1) % MEMBERS))
  say "$name: load on the leader"
  # A server that runs for months is measured as such, not while it compiles itself.
  "$BENCH" load --endpoint "127.0.0.1:${PORTS[$l]}" --label "$name" --seconds "$WARM_UP" --clients 64 --workload put range >/dev/null
  "$BENCH" load --endpoint "127.0.0.1:${PORTS[$l]}" --label "$name" --out "$RESULTS" --server-pid "${PIDS[$l]}" --seconds "$SECONDS_EACH" \
    --clients "${CLIENTS[@]}" --workload put range
  say "$name: load on a follower"
  "$BENCH" load --endpoint "127.0.0.1:${PORTS[$f]}" --label "$name" --out "$WORK/follower.jsonl" --seconds "$SECONDS_EACH" \
    --clients "${CLIENTS[@]}" --workload put range
  sed -E 's/"workload":"([a-z]+)"/"workload":"\1-at-follower"/' "$WORK/follower.jsonl" >>"$RESULTS"
  rm -f "$WORK/follower.jsonl"
  say "$name: $(resident) MiB resident per member"
  for _ in $(seq 1 "$KILLS"); do
    l="$(leader)" || exit 1
    survivors=()
    for i in $(seq 0 $((MEMBERS - 1))); do [ "$i" = "$l" ] || survivors+=("127.0.0.1:${PORTS[$i]}"); done
    "$BENCH" outage --endpoints "${survivors[@]}" --kill "${PIDS[$l]}" --label "$name" --out "$RESULTS"
    wait "${PIDS[$l]}" 2>/dev/null || true
    member "$name" "$l"
  done
  for i in $(seq 0 $((MEMBERS - 1))); do stop "${PIDS[$i]}"; done
}

build
mkdir -p "$(dirname "$OUT")"
for i in $(seq 1 "$ROUNDS"); do
  say "round $i of $ROUNDS"
  round concord
  round etcd
done

{
  echo "# Clusters of $MEMBERS members, Concord and etcd side by side"
  echo
  machine
  echo "- etcd: $(etcd --version | head -1)"
  echo "- rounds: $ROUNDS, in turns; $SECONDS_EACH s for each measurement; values of 256 bytes; every write flushed on a majority"
  echo "- clients and all members share the processors and the disk; the load generator is the same program"
  echo
  "$BENCH" report "$RESULTS" --subject concord --baseline etcd
} >"$OUT.md"
cp "$RESULTS" "$OUT.jsonl"
say "written: $OUT.md"

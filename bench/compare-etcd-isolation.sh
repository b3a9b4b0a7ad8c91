#!/bin/bash
# Clusters of three members in network namespaces, Concord and etcd in turns: the leader's link is taken down, again and again. No
# connection is closed by it, as when a host or a switch dies. Needs root, iproute2, etcd and etcdctl. Writes
# bench/results/compare-etcd-isolation.md and .jsonl. Namespaces carry this process's id and are removed at the end.
#
#   bench/compare-etcd-isolation.sh
#   ROUNDS=1 CUTS=2 bench/compare-etcd-isolation.sh    a quick look
#
# Variables: ROUNDS (2), CUTS (6), OUT, SKIP_BUILD.
. "$(dirname "$0")/lib.sh"

command -v etcd >/dev/null && command -v etcdctl >/dev/null || { echo "etcd and etcdctl are not in PATH; install Debian's etcd-server and etcd-client to compare." >&2; exit 1; }
[ "$(id -u)" = 0 ] || { echo "network namespaces need root" >&2; exit 1; }
ROUNDS="${ROUNDS:-2}"
CUTS="${CUTS:-6}"
OUT="${OUT:-$ROOT/bench/results/compare-etcd-isolation}"
RESULTS="$WORK/results.jsonl"
export ETCDCTL_API=3

NET="concordbench-$$"
BRIDGE="cb$$"
SUBNET="198.18.$(($$ % 256))" # RFC 2544: set aside for tests of networks
PIDS=()

remove_network() {
  local i
  for i in 0 1 2; do ip netns del "$NET-$i" 2>/dev/null || true; done
  ip link del "$BRIDGE" 2>/dev/null || true
}
trap 'cleanup; remove_network' EXIT

make_network() {
  local i
  ip link add "$BRIDGE" type bridge
  ip addr add "$SUBNET.1/24" dev "$BRIDGE"
  ip link set "$BRIDGE" up
  for i in 0 1 2; do
    ip netns add "$NET-$i"
    ip link add "$BRIDGE-$i" type veth peer name eth0 netns "$NET-$i"
    ip link set "$BRIDGE-$i" master "$BRIDGE" up
    ip -n "$NET-$i" addr add "$SUBNET.1$i/24" dev eth0
    ip -n "$NET-$i" link set lo up
    ip -n "$NET-$i" link set eth0 up
  done
}

member() {
  local name="$1" i="$2" j line initial=""
  for j in 0 1 2; do initial+="${initial:+,}n$j=http://$SUBNET.1$j:2380"; done
  line=(--name "n$i" --data-dir "$WORK/$name-$i" --listen-client-urls "http://$SUBNET.1$i:2379" --advertise-client-urls "http://$SUBNET.1$i:2379"
    --listen-peer-urls "http://$SUBNET.1$i:2380" --initial-advertise-peer-urls "http://$SUBNET.1$i:2380" --initial-cluster "$initial")
  case "$name" in
    concord) ip netns exec "$NET-$i" "$CONCORD" "${line[@]}" --log-level warn >>"$WORK/$name-$i.log" 2>&1 & ;;
    etcd) ip netns exec "$NET-$i" etcd "${line[@]}" --logger zap --log-level error >>"$WORK/$name-$i.log" 2>&1 & ;;
  esac
  PIDS[$i]=$!
  SERVERS+=("$!")
}

# leader: waits until all three answer and agree who leads; prints its index.
leader() {
  local try i status id lead
  for try in $(seq 1 300); do
    local -A ids=() leads=()
    for i in 0 1 2; do
      status="$(etcdctl --endpoints "$SUBNET.1$i:2379" --command-timeout 1s endpoint status -w json 2>/dev/null)" || continue
      id="$(grep -o '"member_id":[0-9]*' <<<"$status" | cut -d: -f2)"
      lead="$(grep -o '"leader":[0-9]*' <<<"$status" | cut -d: -f2)"
      [ -n "$lead" ] && ids[$id]="$i" && leads[$lead]=1
    done
    if [ "${#ids[@]}" = 3 ] && [ "${#leads[@]}" = 1 ] && [ -n "${ids[${!leads[*]}]:-}" ]; then
      echo "${ids[${!leads[*]}]}"
      return
    fi
    sleep 0.1
  done
  echo "no leader" >&2
  return 1
}

round() {
  local name="$1" i l survivors
  PIDS=()
  for i in 0 1 2; do rm -rf "$WORK/$name-$i"; member "$name" "$i"; done
  for _ in $(seq 1 "$CUTS"); do
    l="$(leader)" || { tail -n 3 "$WORK/$name"-*.log >&2; exit 1; }
    survivors=()
    for i in 0 1 2; do [ "$i" = "$l" ] || survivors+=("$SUBNET.1$i:2379"); done
    "$BENCH" outage --endpoints "${survivors[@]}" --name leader-isolated --label "$name" --out "$RESULTS" --run ip -n "$NET-$l" link set eth0 down
    ip -n "$NET-$l" link set eth0 up
  done
  for i in 0 1 2; do stop "${PIDS[$i]}"; done
}

build
mkdir -p "$(dirname "$OUT")"
make_network
for i in $(seq 1 "$ROUNDS"); do
  say "round $i of $ROUNDS"
  round concord
  round etcd
done

{
  echo "# The leader cut off, Concord and etcd side by side"
  echo
  machine
  echo "- etcd: $(etcd --version | head -1)"
  echo "- rounds: $ROUNDS, in turns; $CUTS cuts each; three members in network namespaces of one machine; default timeouts of both"
  echo "- the time without a successful write at the other two, from the moment the leader's link is down; nothing closes a connection"
  echo
  "$BENCH" report "$RESULTS" --subject concord --baseline etcd
} >"$OUT.md"
cp "$RESULTS" "$OUT.jsonl"
say "written: $OUT.md"

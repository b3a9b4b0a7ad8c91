# Shared by the scripts here: builds, free ports, starting and stopping servers. Sourced, not run.
set -euo pipefail

ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
SYSTEM="linux-$(uname -m | sed 's/x86_64/x64/; s/aarch64/arm64/')"
CONCORD="$ROOT/artifacts/publish/Concord.Server/release_$SYSTEM/concord-server"
BENCH="$ROOT/artifacts/bin/Concord.Benchmarks/release/concord-bench"
WORK="$(mktemp -d "${TMPDIR:-/tmp}/concord-bench.XXXXXX")"
SERVERS=()

cleanup() {
  local pid
  for pid in "${SERVERS[@]}"; do
    kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null || true
  done
  rm -rf "$WORK"
}
trap cleanup EXIT

say() { echo "== $*" >&2; }

build() {
  [ -n "${SKIP_BUILD:-}" ] && return
  say "building"
  # What users run: one file, compiled ahead of time.
  dotnet publish "$ROOT/src/Concord.Server" -c Release -r "$SYSTEM" -v q -p:RunAnalyzers=false >&2
  dotnet build "$ROOT/bench/Concord.Benchmarks" -c Release -v q -p:RunAnalyzers=false >&2
}

# A port that nobody listens on at the moment.
free_port() {
  local port
  while :; do
    port=$((20000 + RANDOM % 20000))
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { echo "$port"; return; }
  done
}

wait_port() {
  local i
  for i in $(seq 1 600); do
    (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null && return
    sleep 0.05
  done
  echo "nothing listens on port $1 after 30 s" >&2
  return 1
}

# concord_line DIR PORT PEER_PORT, etcd_line DIR PORT PEER_PORT: the command line, one word a line, defaults but for
# places. Both flush before they answer.
concord_line() {
  printf '%s\n' "$CONCORD" --data-dir "$1" --listen-client-urls "http://127.0.0.1:$2" --listen-peer-urls "http://127.0.0.1:$3" --log-level warn
}

etcd_line() {
  printf '%s\n' etcd --data-dir "$1" --listen-client-urls "http://127.0.0.1:$2" --advertise-client-urls "http://127.0.0.1:$2" \
    --listen-peer-urls "http://127.0.0.1:$3" --initial-advertise-peer-urls "http://127.0.0.1:$3" \
    --initial-cluster "default=http://127.0.0.1:$3" --quota-backend-bytes 8589934592 --logger zap --log-level error
}

# start NAME DIR PORT PEER_PORT: starts it in the background and waits; its process id is in PID.
start() {
  local line
  mapfile -t line < <("${1}_line" "$2" "$3" "$4")
  "${line[@]}" >"$WORK/$1.log" 2>&1 &
  PID=$!
  SERVERS+=("$PID")
  wait_port "$3" || { cat "$WORK/$1.log" >&2; return 1; }
}

# stop PID
stop() {
  kill "$1"
  wait "$1" 2>/dev/null || true
  local left=() pid
  for pid in "${SERVERS[@]}"; do
    [ "$pid" = "$1" ] || left+=("$pid")
  done
  SERVERS=("${left[@]}")
}

machine() {
  echo "- date: $(date -u +%Y-%m-%dT%H:%MZ)"
  echo "- processors: $(nproc) × $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1)"
  echo "- memory: $(awk '/MemTotal/ {printf "%.0f GiB", $2 / 1048576}' /proc/meminfo)"
  echo "- system: $(uname -sr), $(stat -f -c %T "$WORK") file system"
  echo "- load before the run: $(cut -d' ' -f1-3 /proc/loadavg)"
  echo "- .NET runtime: $(dotnet --list-runtimes | awk '/Microsoft.AspNetCore.App 10/ {v=$2} END {print v}')"
  echo "- concord: $("$CONCORD" --version) ($(git -C "$ROOT" rev-parse --short HEAD 2>/dev/null || echo 'no commit'))"
}

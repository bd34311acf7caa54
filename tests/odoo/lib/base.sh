# Messages, JSON, paths, the lock, ports and processes.
# shellcheck shell=bash

# say TEXT: one progress line on stderr, with the seconds since the start.
say() { printf '[%4ss] %s\n' "$SECONDS" "$*" >&2; }

# die TEXT [FIX]: the end, with what is wrong and what to do.
die() {
  printf 'tests/odoo: %s\n' "$1" >&2
  [ -z "${2:-}" ] || printf '  fix: %s\n' "$2" >&2
  exit 1
}

# json_str TEXT: TEXT as a JSON string (paths, names and URLs: no control characters).
json_str() {
  local s=${1//\\/\\\\}
  printf '"%s"' "${s//\"/\\\"}"
}

# hash12: twelve hex digits that stand for stdin.
hash12() { sha256sum | cut -c1-12; }

# files_hash FOLDER...: of the names and contents of all files below, bytecode aside.
files_hash() { find "$@" -type f ! -path '*/__pycache__/*' -print0 | sort -z | xargs -0r sha256sum | hash12; }

# lib_path FOLDER: where Debian packages unpacked there have their libraries.
lib_path() {
  local triplet
  triplet=$(uname -m)-linux-gnu
  echo "$1/usr/lib/$triplet:$1/lib/$triplet"
}

# digits NAME TEXT: dies unless TEXT is a whole number.
digits() { [[ $2 =~ ^[0-9]+$ ]] || die "$1 needs a number, not \"$2\"."; }

own_odoo_hint='use an Odoo of your own: tillbridge demo --odoo-url.'

need_debian() {
  [ "$(uname -s)" = Linux ] || die "this needs Linux; here is $(uname -s)." "$own_odoo_hint"
  case $(uname -m) in x86_64 | aarch64) ;; *) die "this needs x86_64 or arm64; here is $(uname -m)." "$own_odoo_hint" ;; esac
  local tool
  for tool in apt-get apt-cache dpkg-deb flock setsid setpriv; do
    command -v "$tool" >/dev/null || die "no $tool here: this needs a Debian-like system." "$own_odoo_hint"
  done
}

is_root() { [ "$(id -u)" = 0 ]; }

# Where everything is kept. Nothing outside this folder is written, except packages that root installs.
cache_dir() {
  if [ -n "${TILLBRIDGE_CACHE:-}" ]; then
    realpath -ms "$TILLBRIDGE_CACHE"
  elif is_root; then
    echo /var/cache/tillbridge
  else
    echo "${XDG_CACHE_HOME:-$HOME/.cache}/tillbridge"
  fi
}

init_cache() {
  need_debian
  [[ $CACHE != *[[:space:],]* ]] || die "the cache folder $CACHE has a blank or a comma in its name." 'set TILLBRIDGE_CACHE to another folder.'
  [ ${#CACHE} -le 80 ] || die "the path of the cache folder $CACHE is too long for PostgreSQL's socket." 'set TILLBRIDGE_CACHE to a path of at most 80 characters.'
  mkdir -p "$CACHE"/{dl,home,tree,venv} "$SERIES_DIR"/{run,data/filestore,templates} 2>/dev/null ||
    die "cannot write to the cache folder $CACHE." 'set TILLBRIDGE_CACHE to a folder of yours.'
}

# One process at a time downloads, builds, starts or stops. The lock lasts until this process ends;
# what it leaves running must not inherit it (see close_fds).
take_lock() {
  [ -z "${LOCKED:-}" ] || return 0
  LOCKED=1
  exec 9>"$CACHE/lock"
  flock -n 9 && return
  say 'another tests/odoo command is at work on this cache: waiting for it'
  flock 9
}

# close_fds: in a subshell about to exec a daemon, lets go of everything but stdin, stdout, stderr:
# a caller that reads our output must see its end, and the lock must not outlive us.
close_fds() {
  local fd
  for fd in /proc/"$BASHPID"/fd/*; do
    fd=${fd##*/}
    if [ "$fd" -gt 2 ] && [ "$fd" != 255 ]; then eval "exec $fd>&-"; fi
  done
}

# port_owner PORT: "pid 123 (its command line)" of who listens there, nothing when it is free.
port_owner() {
  local inode link pid
  inode=$(awk -v p=":$(printf %04X "$1")" '$4 == "0A" && substr($2, length($2) - 4) == p { print $10; exit }' \
    /proc/net/tcp /proc/net/tcp6 2>/dev/null)
  [ -n "$inode" ] || return 0
  link=$(find /proc/[0-9]*/fd -lname "socket:\\[$inode\\]" -print -quit 2>/dev/null || true)
  [ -n "$link" ] || { echo "a process of another user"; return; }
  pid=${link#/proc/}; pid=${pid%%/*}
  echo "pid $pid ($(tr '\0' ' ' <"/proc/$pid/cmdline" | cut -c1-120))"
}

# wait_until SECONDS COMMAND...: polls COMMAND; false when it never became true.
wait_until() {
  local end=$((SECONDS + $1))
  shift
  until "$@"; do
    [ "$SECONDS" -lt "$end" ] || return 1
    sleep 0.2
  done
}

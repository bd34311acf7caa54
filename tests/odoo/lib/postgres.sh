# A PostgreSQL of our own: loopback, own port, own socket folder, for tests only (fsync is off: a
# crash of the machine may lose it). It stays up between runs.
# shellcheck shell=bash

PG_ADMIN=pgadmin # superuser, through the private socket folder only
# $PG_ROLE, of the series: Odoo's role and password, through loopback. An Odoo sees the databases of its
# role only, so the series do not get in each other's way.

unpacked_pg() { echo "$CACHE/tree/postgresql"; }

# pg_bin: the folder of the newest server binaries, on the machine or unpacked; false without any.
pg_bin() {
  local dir found=
  for dir in /usr/lib/postgresql/*/bin "$(unpacked_pg)"/usr/lib/postgresql/*/bin; do
    if [ -x "$dir/postgres" ]; then found+="$dir"$'\n'; fi
  done
  [ -n "$found" ] || return 1
  awk -F/ '{ print $(NF - 1) "\t" $0 }' <<<"${found%$'\n'}" | sort -n | tail -1 | cut -f2
}

# pg COMMAND ARGS...: a PostgreSQL program as the user who owns the data (root may not run the server).
pg() {
  local command=$PG_BIN/$1
  shift
  local env=(env HOME="$PG_HOME" PGOPTIONS="-c client_min_messages=warning")
  if [[ $PG_BIN == "$CACHE"/* ]]; then env+=(LD_LIBRARY_PATH="$(lib_path "$(unpacked_pg)")"); fi
  if is_root; then
    setpriv --reuid postgres --regid postgres --init-groups "${env[@]}" "$command" "$@"
  else
    "${env[@]}" "$command" "$@"
  fi
}

# sql DATABASE STATEMENT: unaligned rows on stdout.
sql() { pg psql -XqAt -v ON_ERROR_STOP=1 -h "$PG_SOCK" -p "$PG_PORT" -U "$PG_ADMIN" -d "$1" -c "$2"; }

# Server binaries are the machine's; else root installs them (without the system cluster), and
# anybody else unpacks them with the libraries they lack into the cache.
ensure_pg_binaries() {
  if PG_BIN=$(pg_bin) && { ! is_root || getent passwd postgres >/dev/null; }; then return; fi
  if is_root; then
    # no system cluster: ours is the only one needed
    mkdir -p /etc/postgresql-common
    [ -e /etc/postgresql-common/createcluster.conf ] ||
      echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.conf
    root_install postgresql
  else
    unpack_pg
  fi
  PG_BIN=$(pg_bin) || die 'no PostgreSQL server binaries on this machine.' 'apt-get install postgresql'
}

unpack_pg() {
  local dir todo
  APT_HOME=$CACHE/apt/postgresql
  dir=$(unpacked_pg)
  rm -rf "$dir.tmp" && mkdir -p "$dir.tmp/debs"
  say 'unpacking PostgreSQL and what it lacks into the cache'
  machine_apt apt-get update >/dev/null 2>&1 || true
  # what an install would add, simulated: lines "Inst NAME (VERSION …)"
  todo=$(machine_apt apt-get -s install --no-install-recommends postgresql | sed -n 's/^Inst \([^ ]*\) .*/\1/p')
  [ -n "$todo" ] || die 'PostgreSQL is not among the packages of this machine.' 'ask the administrator for: apt-get install postgresql'
  # shellcheck disable=SC2086  # a list of package names
  (cd "$dir.tmp/debs" && machine_apt apt-get download $todo) >"$APT_HOME/download.log" 2>&1 ||
    die "PostgreSQL could not be downloaded: $(tail -2 "$APT_HOME/download.log")" 'ask the administrator for: apt-get install postgresql'
  local deb
  for deb in "$dir.tmp"/debs/*.deb; do dpkg-deb -x "$deb" "$dir.tmp"; done
  rm -rf "$dir.tmp/debs" "$dir"
  mv "$dir.tmp" "$dir"
}

pg_running() { [ -s "$PG_HOME/data/postmaster.pid" ] && pg pg_ctl -D "$PG_HOME/data" status >/dev/null; }

# use_pg: sets PG_BIN, PG_HOME, PG_SOCK and, when it is up, PG_PORT; false when it is not up.
use_pg() {
  PG_BIN=$(pg_bin) || return 1
  PG_HOME=$CACHE/pg/$(basename "$(dirname "$PG_BIN")")
  PG_SOCK=$PG_HOME/sock
  pg_running || return 1
  PG_PORT=$(sed -n 4p "$PG_HOME/data/postmaster.pid")
}

has_role() { [ -n "$(sql postgres "select 1 from pg_roles where rolname = '$PG_ROLE'")" ]; }

ensure_pg() {
  if use_pg; then
    [ -z "${OPT_PG_PORT:-}" ] || [ "$OPT_PG_PORT" = "$PG_PORT" ] ||
      die "PostgreSQL of this cache is up on port $PG_PORT, not $OPT_PG_PORT." 'stop it first: tests/odoo/odoo down --all'
  else
    start_pg
  fi
  has_role || sql postgres "create role $PG_ROLE login createdb password '$PG_ROLE'"
}

start_pg() {
  ensure_pg_binaries
  use_pg || true
  PG_PORT=${OPT_PG_PORT:-${TILLBRIDGE_PG_PORT:-15519}}
  local owner
  owner=$(port_owner "$PG_PORT")
  [ -z "$owner" ] || die "port $PG_PORT, meant for PostgreSQL, is taken by $owner." 'choose another: --pg-port N'
  make_pg_home
  if [ ! -f "$PG_HOME/data/PG_VERSION" ]; then
    say "creating a PostgreSQL cluster in $PG_HOME"
    rm -rf "$PG_HOME/data.tmp"
    pg initdb -D "$PG_HOME/data.tmp" --auth-local=trust --auth-host=scram-sha-256 -U "$PG_ADMIN" \
      -E UTF8 --locale=C.UTF-8 --no-sync >/dev/null
    mv "$PG_HOME/data.tmp" "$PG_HOME/data"
  fi
  say "starting PostgreSQL on 127.0.0.1:$PG_PORT (fsync off: for tests only)"
  (
    close_fds
    pg pg_ctl -D "$PG_HOME/data" -l "$PG_HOME/log" -w -t 60 start -o "-p $PG_PORT -k $PG_SOCK \
      -c listen_addresses=127.0.0.1 -c unix_socket_permissions=0700 -c max_connections=200 -c shared_buffers=256MB \
      -c fsync=off -c synchronous_commit=off -c full_page_writes=off" </dev/null >/dev/null
  ) || die "PostgreSQL did not start: $(tail -5 "$PG_HOME/log")" "see $PG_HOME/log"
}

make_pg_home() {
  if ! is_root; then
    mkdir -p "$PG_HOME" "$PG_SOCK" && chmod 700 "$PG_HOME" "$PG_SOCK"
    return
  fi
  mkdir -p "$CACHE/pg"
  install -d -o postgres -g postgres -m 700 "$PG_HOME" "$PG_SOCK"
}

# need_reachable_cache: root's PostgreSQL runs as another user, who must be able to enter the cache.
need_reachable_cache() {
  is_root || return 0
  local user=nobody
  if getent passwd postgres >/dev/null; then user=postgres; fi
  setpriv --reuid "$user" --regid "$(id -g "$user")" --init-groups test -x "$CACHE" ||
    die "the user $user cannot enter $CACHE: a folder on its way is closed to others (see: namei -l $CACHE)." \
      'set TILLBRIDGE_CACHE to a folder everybody may enter, such as /var/cache/tillbridge.'
}

stop_pg() {
  use_pg || { say 'PostgreSQL is not up'; return; }
  pg pg_ctl -D "$PG_HOME/data" -m fast -w stop >/dev/null
  say "PostgreSQL on port $PG_PORT stopped"
}

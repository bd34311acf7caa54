# The Odoo servers of a series, one per port.
# shellcheck shell=bash

conf_file() { echo "$SERIES_DIR/run/odoo.$1.conf"; }
pid_file() { echo "$SERIES_DIR/run/odoo.$1.pid"; }
log_file() { echo "$SERIES_DIR/run/odoo.$1.log"; }

# conf_value PORT KEY: a value of that server's configuration.
conf_value() { sed -n "s/^$2 = //p" "$(conf_file "$1")"; }

core_addons() { echo "$(tree_dir)/usr/lib/python3/dist-packages/odoo/addons"; }

# addons_path DIR...: Odoo's own addons, then these.
addons_path() {
  local path dir
  path=$(core_addons)
  for dir in "$@"; do path+=,$dir; done
  echo "$path"
}

# write_conf FILE PORT WORKERS CRON DIR...
write_conf() {
  local file=$1 port=$2 workers=$3 cron=$4
  shift 4
  cat >"$file" <<CONF
[options]
db_host = 127.0.0.1
db_port = $PG_PORT
db_user = $PG_ROLE
db_password = $PG_ROLE
addons_path = $(addons_path "$@")
data_dir = $SERIES_DIR/data
admin_passwd = admin
http_interface = 127.0.0.1
http_port = $port
workers = $workers
max_cron_threads = $cron
limit_time_cpu = 600
limit_time_real = 1200
log_handler = :INFO,odoo.addons.rpc:ERROR
$(series_conf "$port")
CONF
}

# server_pid PORT: of our own server if it lives. A pid counts only while its command line names our
# configuration, so that a number used again by the system is never taken for ours.
server_pid() {
  local pid
  pid=$(cat "$(pid_file "$1")" 2>/dev/null) || return 1
  tr '\0' '\n' 2>/dev/null <"/proc/$pid/cmdline" | grep -qxF "$(conf_file "$1")" || return 1
  echo "$pid"
}

# answers PORT: a real request for Odoo's version, through the interface that every series has.
answers() {
  local line call='<methodCall><methodName>version</methodName><params/></methodCall>'
  (
    exec 3<>"/dev/tcp/127.0.0.1/$1" || exit 1
    printf 'POST /xmlrpc/2/common HTTP/1.0\r\nHost: 127.0.0.1:%s\r\nContent-Type: text/xml\r\nContent-Length: %s\r\n\r\n%s' \
      "$1" "${#call}" "$call" >&3
    while IFS= read -r -t 5 line <&3 || [ -n "$line" ]; do
      case $line in *server_version*) exit 0 ;; esac
    done
    exit 1
  ) 2>/dev/null
}

server_ready() { server_pid "$1" >/dev/null && answers "$1"; }

# members PID: the processes of the session that server leads, whether it still lives or not.
# Its workers outlive a killed server for some seconds and hold its port.
members() {
  local stat pid session
  for stat in /proc/[0-9]*/stat; do
    pid=${stat#/proc/}; pid=${pid%/stat}
    session=$(sed 's/^.*) //' "$stat" 2>/dev/null | cut -d' ' -f4) || continue
    if [ "$session" = "$1" ] && [ "$(readlink "/proc/$pid/cwd")" = "$SERIES_DIR/run" ]; then echo "$pid"; fi
  done
}

all_gone() { [ -z "$(members "$1")" ]; }

# stop_server PORT: asks, waits, insists; only with processes of that server.
stop_server() {
  local pid
  pid=$(cat "$(pid_file "$1")" 2>/dev/null) || return 0
  if server_pid "$1" >/dev/null; then kill -TERM "$pid" 2>/dev/null || true; else kill_members "$pid"; fi
  wait_until 15 all_gone "$pid" || kill_members "$pid"
  wait_until 5 all_gone "$pid" || die "the Odoo on port $1 (pid $pid) does not end."
  rm -f "$(pid_file "$1")"
  say "Odoo on port $1 stopped"
}

kill_members() {
  local pid
  for pid in $(members "$1"); do kill -KILL "$pid" 2>/dev/null || true; done
}

# running_addons PORT: the addons folders of the server there, one a line.
running_addons() { server_pid "$1" >/dev/null && conf_value "$1" addons_path | tr , '\n' | tail -n +2; }

# wanted_addons PORT: sets ADDONS to the folders of --addons, else to those of the server there.
wanted_addons() {
  ADDONS=(${OPT_ADDONS[@]+"${OPT_ADDONS[@]}"})
  if [ ${#ADDONS[@]} = 0 ]; then mapfile -t ADDONS < <(running_addons "$1"); fi
}

# wanted_conf PORT FILE: the configuration asked for. What the command line leaves open is as the
# running server has it, else the default. It ends with the Python environment and the state of the
# addons given, so that a change of either restarts the server that still holds the old code.
wanted_conf() {
  local workers=2 cron=0 state=
  if server_pid "$1" >/dev/null; then
    workers=$(conf_value "$1" workers)
    cron=$(conf_value "$1" max_cron_threads)
    state=$(conf_value "$1" '; addons')
  fi
  if [ ${#OPT_ADDONS[@]} -gt 0 ]; then state=$(files_hash "${OPT_ADDONS[@]}"); fi
  wanted_addons "$1"
  write_conf "$2" "$1" "${OPT_WORKERS:-$workers}" "${OPT_CRON:-$cron}" ${ADDONS[@]+"${ADDONS[@]}"}
  printf '; python = %s\n; addons = %s\n' "$(python_home)" "$state" >>"$2"
}

# server_as_wanted PORT: running, answering, and configured as asked (no lock needed to know).
server_as_wanted() {
  local new status=0
  new=$(conf_file "$1").$$
  wanted_conf "$1" "$new"
  cmp -s "$(conf_file "$1")" "$new" && server_ready "$1" || status=1
  rm -f "$new"
  return $status
}

ensure_server() {
  local port=$1 conf log pid taken owner
  if server_as_wanted "$port"; then return; fi
  conf=$(conf_file "$port")
  log=$(log_file "$port")
  wanted_conf "$port" "$conf.new"
  if server_ready "$port"; then
    say "restarting the Odoo on port $port: other settings or changed addons are asked for"
  elif server_pid "$port" >/dev/null; then
    say "restarting the Odoo on port $port: it does not answer"
  fi
  stop_server "$port"
  for taken in "$port" $((port + 3)); do
    owner=$(port_owner "$taken")
    [ -z "$owner" ] || die "port $taken, meant for Odoo, is taken by $owner." 'choose another: --port N (N+3 is used too)'
  done
  mv "$conf.new" "$conf"
  say "starting Odoo on 127.0.0.1:$port with $(conf_value "$port" workers) workers"
  [ ! -f "$log" ] || mv "$log" "$log.1"
  (
    cd "$SERIES_DIR/run" || exit
    close_fds
    # exec: the pid written is the server's own. setsid and nohup: it outlives us and our terminal.
    exec setsid nohup "${ODOO[@]}" server -c "$conf"
  ) >"$log" 2>&1 </dev/null &
  pid=$!
  echo "$pid" >"$(pid_file "$port")"
  wait_until 90 server_ready_or_dead "$port" "$pid" && server_ready "$port" && return
  tail -30 "$log" >&2
  die "Odoo did not answer on port $port." "the whole log: $log"
}

server_ready_or_dead() { ! kill -0 "$2" 2>/dev/null || server_ready "$1"; }

# ports: of the servers this cache has started.
ports() {
  local file
  for file in "$SERIES_DIR"/run/odoo.*.pid; do
    [ -f "$file" ] || continue
    file=${file##*/odoo.}
    echo "${file%.pid}"
  done
}

# server_json PORT: what a caller needs, on one line.
server_json() {
  local seed
  seed=$(<"$(description "$(seeded_template)")")
  printf '{"url":%s,"series":%s,"port":%s,"pg_port":%s,"pid":%s,"data_dir":%s,"log":%s,"template":%s,%s\n' \
    "$(json_str "http://127.0.0.1:$1")" "$(json_str "$SERIES")" "$1" "$PG_PORT" "$(server_pid "$1")" \
    "$(json_str "$SERIES_DIR/data")" "$(json_str "$(log_file "$1")")" "$(json_str "$(seeded_template)")" "${seed#\{}"
}

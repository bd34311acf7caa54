# Template databases (built once, then cloned) and the clones.
# A template is whole when a database with its name exists: it is built under another name and renamed
# last, when its filestore and its description (templates/NAME.json) are in place.
# shellcheck shell=bash

# seeded_template: the name of the template with the seed, by all it is made of.
seeded_template() {
  echo "tpl${SERIES}_$({ cat "$(pin_file)" "$SERIES_SRC"/*; } | hash12)"
}

db_exists() { [ -n "$(sql postgres "select 1 from pg_database where datname = '$1'")" ]; }

description() { echo "$SERIES_DIR/templates/$1.json"; }

have_template() { [ -f "$(description "$1")" ] && db_exists "$1"; }

# plain_name TEXT: dies unless TEXT can be a name everywhere (SQL, folder, URL).
plain_name() {
  [[ $1 =~ ^[a-z0-9][a-z0-9_-]{0,40}$ ]] || die "\"$1\" cannot be a name here." 'use small letters, digits, _ and -, at most 41.'
}

# own_db TEXT: dies unless TEXT can name a database that is neither PostgreSQL's nor a template.
own_db() {
  plain_name "$1"
  case $1 in postgres | template[01] | tpl*) die "the database \"$1\" is not one to work with." 'make a clone: tests/odoo/odoo fresh NAME' ;; esac
}

# odoo_step LOG ARGS...: runs Odoo without a server; on failure shows the end of its log.
odoo_step() {
  local log=$SERIES_DIR/run/$1.log
  shift
  "${ODOO[@]}" "$@" >"$log" 2>&1 && return
  tail -25 "$log" >&2
  die "this Odoo command failed: odoo $*" "the whole log: $log"
}

# drop_template DB: PostgreSQL refuses to drop a template until it is marked as none.
drop_template() {
  sql postgres "update pg_database set datistemplate = false where datname = '$1'"
  drop_db "$1"
  rm -f "$(description "$1")"
}

# finish_build BUILDING NAME: makes it small, then takes the steps that make it whole.
finish_build() {
  sql "$1" 'vacuum (full, analyze)'
  drop_template "$2"
  [ ! -d "$SERIES_DIR/data/filestore/$1" ] || mv "$SERIES_DIR/data/filestore/$1" "$SERIES_DIR/data/filestore/$2"
  mv "$(description "$1")" "$(description "$2")"
  sql postgres "alter database \"$1\" rename to \"$2\""
}

# is_template from the start: Odoo never lists such a database, so no server connects to it and
# nothing ever blocks its clones.
ensure_seeded_template() {
  local name building
  name=$(seeded_template)
  if have_template "$name"; then return; fi
  building=${name}_building
  say "building the template $name: installing $MODULES"
  drop_unfinished
  sql postgres "create database \"$building\" owner $PG_ROLE encoding 'UTF8' lc_collate 'C' template template0 is_template true"
  sql "$building" 'create extension pg_trgm'
  write_conf "$SERIES_DIR/run/build.conf" 0 0 0
  odoo_step template -c "$SERIES_DIR/run/build.conf" -d "$building" -i "$MODULES" --no-http --stop-after-init
  say 'seeding it'
  TILLBRIDGE_SEED=$(description "$building") odoo_step seed \
    shell -c "$SERIES_DIR/run/build.conf" -d "$building" --no-http <"$SERIES_SRC/seed.py"
  [ -s "$(description "$building")" ] || die "$SERIES_SRC/seed.py ended without its description." "the whole log: $SERIES_DIR/run/seed.log"
  finish_build "$building" "$name"
  drop_old_templates "tpl$SERIES"
}

# addon_hash MODULES: of those addons as they stand in the folders given.
addon_hash() {
  local module dir
  for module in ${1//,/ }; do
    for dir in ${OPT_ADDONS[@]+"${OPT_ADDONS[@]}"}; do
      if [ -d "$dir/$module" ]; then
        (cd "$dir" && files_hash "$module")
        break
      fi
    done
  done
  echo "$1"
}

# ensure_addon_template NAME MODULES: sets TEMPLATE to the seeded template with those modules installed.
ensure_addon_template() {
  local base building missing
  base=$(seeded_template)
  TEMPLATE=tpl${SERIES}_$1_$({ echo "$base"; addon_hash "$2"; } | hash12)
  if ! have_template "$TEMPLATE"; then
    take_lock
    if ! have_template "$TEMPLATE"; then
      building=${TEMPLATE}_building
      say "building the template $TEMPLATE: installing $2"
      drop_unfinished
      clone "$base" "$building"
      sql postgres "alter database \"$building\" is_template true"
      write_conf "$SERIES_DIR/run/build.conf" 0 0 0 ${OPT_ADDONS[@]+"${OPT_ADDONS[@]}"}
      odoo_step "template-$1" -c "$SERIES_DIR/run/build.conf" -d "$building" -i "$2" --no-http --stop-after-init
      missing=$(sql "$building" "select string_agg(m, ', ') from unnest(string_to_array('$2', ',')) m
        where not exists (select from ir_module_module where name = m and state = 'installed')")
      [ -z "$missing" ] || die "not installed: $missing. Odoo did not find it or could not load it." \
        "is it in a folder given with --addons? The log: $SERIES_DIR/run/template-$1.log"
      cp "$(description "$base")" "$(description "$building")"
      finish_build "$building" "$TEMPLATE"
      drop_old_templates "tpl${SERIES}_$1"
    fi
  fi
  touch "$(description "$TEMPLATE")"
  echo "$TEMPLATE" >"$SERIES_DIR/templates/$1.latest.$$" && mv "$SERIES_DIR/templates/$1.latest.$$" "$SERIES_DIR/templates/$1.latest"
}

# drop_old_templates PREFIX: each change of a seed or an addon makes a template; the four last used stay.
drop_old_templates() {
  local file
  # shellcheck disable=SC2012  # by time; the names are ours
  ls -t "$SERIES_DIR/templates/$1"_????????????.json | tail -n +5 | while read -r file; do
    drop_template "$(basename "$file" .json)"
  done
}

# drop_unfinished: what an interrupted build left behind. Under the lock nobody else is building.
drop_unfinished() {
  local name
  for name in $(sql postgres "select datname from pg_database where datname like 'tpl${SERIES}\_%\_building'"); do
    drop_template "$name"
  done
}

# resolve_template [TEXT]: the database of a template given by its name, its database or not at all.
resolve_template() {
  if [ -z "$1" ]; then
    seeded_template
  elif [ -f "$SERIES_DIR/templates/$1.latest" ]; then
    cat "$SERIES_DIR/templates/$1.latest"
  elif [ -f "$(description "$1")" ]; then
    echo "$1"
  else
    die "no template \"$1\"." "build it: tests/odoo/odoo template $1 --modules … --addons …"
  fi
}

# clone TEMPLATE DB: database and filestore (hard links: Odoo never changes a stored file).
clone() {
  local try store=$SERIES_DIR/data/filestore
  rm -rf "${store:?}/$2"
  [ ! -d "$store/$1" ] || cp -al "$store/$1" "$store/$2"
  for try in 1 2 3 4 5; do
    sql postgres "create database \"$2\" template \"$1\" owner $PG_ROLE strategy file_copy" 2>"$SERIES_DIR/run/clone.$$" && break
    # a look inside by hand or autovacuum holds the template for a moment
    if [ "$try" = 5 ] || ! grep -q 'being accessed' "$SERIES_DIR/run/clone.$$"; then
      die "cannot clone $1: $(cat "$SERIES_DIR/run/clone.$$")"
    fi
    sleep 1
  done
  rm -f "$SERIES_DIR/run/clone.$$"
  sql "$2" "$(<"$SERIES_SRC/clone.sql")" >/dev/null
}

drop_db() {
  [ -z "$(sql postgres "select 1 from pg_database where datname = '$1' and pg_get_userbyid(datdba) <> '$PG_ROLE'")" ] ||
    die "the database \"$1\" is not one of series $SERIES." 'take another name, or say its --series.'
  sql postgres "drop database if exists \"$1\" with (force)"
  rm -rf "$SERIES_DIR/data/filestore/${1:?}"
}

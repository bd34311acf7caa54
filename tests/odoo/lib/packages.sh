# Odoo's tree, unpacked from Debian packages: fetched once, verified, kept by version.
# shellcheck shell=bash

# The packages in use, one "sha256  file" a line: written once all of them are here.
pin_file() { echo "$CACHE/dl/$SERIES.pin"; }

# Odoo's folder, named by version and by the exact set of packages.
tree_dir() {
  local odoo
  odoo=$(sed -n "s/^[0-9a-f]*  ${PACKAGES[0]}_\([^_]*\)_.*/\1/p" "$(pin_file)")
  echo "$CACHE/tree/$SERIES-$odoo-$(hash12 <"$(pin_file)")"
}

# apt with lists, caches and installed packages ($APT_HOME/status) of our own: the machine's stay as they
# are and have no part in it. $APT_HOME/sources.list names the suite; everything else (proxy, architecture, certificates) is the machine's configuration.
our_apt() {
  local tool=$1
  shift
  "$tool" -q -o Dir::Etc::SourceList="$APT_HOME/sources.list" -o Dir::Etc::SourceParts=/dev/null \
    -o Dir::State::Lists="$APT_HOME/lists" -o Dir::State::status="$APT_HOME/status" -o Dir::Cache="$APT_HOME/cache" \
    -o APT::Sandbox::User=root -o Acquire::Languages=none -o APT::Update::Error-Mode=any \
    -o Acquire::AllowInsecureRepositories=false -o APT::Get::AllowUnauthenticated=false "$@"
}

# wanted_packages: the packages to unpack, one a line: those of the series, and where it runs on the
# Python of its suite, all they depend on as well, except what the machine provides ($PROVIDED).
wanted_packages() {
  if [ -z "${TREE_PYTHON:-}" ]; then
    printf '%s\n' "${PACKAGES[@]}"
    return
  fi
  local arch name
  arch=$(dpkg --print-architecture)
  for name in "${PROVIDED[@]}"; do
    printf 'Package: %s\nStatus: install ok installed\nArchitecture: %s\nMulti-Arch: foreign\n' "$name" "$arch"
    printf 'Version: 99:0\nMaintainer: -\nDescription: provided\n\n'
  done >"$APT_HOME/status"
  # an installation into an empty system, simulated: lines "Inst NAME (VERSION …)"
  our_apt apt-get -s install --no-install-recommends "${PACKAGES[@]}" |
    sed -n 's/^Inst \([^ ]*\) .*/\1/p'
}

# The machine's own sources, with lists of our own: works for any user and where the lists were purged.
machine_apt() {
  local tool=$1
  shift
  mkdir -p "$APT_HOME/machine/lists/partial" "$APT_HOME/machine/cache/archives/partial"
  "$tool" -q -o Dir::State::Lists="$APT_HOME/machine/lists" -o Dir::Cache="$APT_HOME/machine/cache" \
    -o APT::Sandbox::User=root -o Acquire::Languages=none "$@"
}

# root_install PACKAGE...: what the machine lacks, when root asks; else dies with what to ask for.
root_install() {
  local log=$CACHE/install.log
  is_root || die "this machine lacks: $*." "ask its administrator for: apt-get install $*"
  take_lock
  say "installing $*"
  { apt-get -q update && DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends \
    -o Dpkg::Options::=--force-confold "$@"; } >"$log" 2>&1 9>&- || {
    tail -5 "$log" >&2
    die "could not be installed: $*" "apt-get install $*; the whole log: $log"
  }
}

# The Debian archive this machine is configured to use.
debian_mirror() {
  if [ -n "${TILLBRIDGE_DEBIAN_MIRROR:-}" ]; then
    echo "$TILLBRIDGE_DEBIAN_MIRROR"
    return
  fi
  # shellcheck disable=SC2016  # apt expands $(SITE)
  local find=(indextargets --format '$(SITE)' 'Created-By: Packages' 'Origin: Debian' 'Label: Debian') site
  site=$(apt-get "${find[@]}" | sort -u | head -1)
  if [ -z "$site" ]; then
    machine_apt apt-get update >/dev/null 2>&1 || true
    site=$(machine_apt apt-get "${find[@]}" | sort -u | head -1)
  fi
  [ -n "$site" ] || die "no Debian archive among this machine's apt sources." \
    "set TILLBRIDGE_DEBIAN_MIRROR to the address of one, or $own_odoo_hint"
  echo "$site"
}

# update_with KEYRING: reads the suite's index, its signature verified with that keyring.
update_with() {
  echo "deb [signed-by=$1] $MIRROR $SUITE main" >"$APT_HOME/sources.list"
  our_apt apt-get update >"$APT_HOME/update.log" 2>&1
}

# Verifies with the machine's keyring; when that is too old for the suite (or absent), with the newer
# one of the machine's own archive, itself verified by the machine's configuration. There is no third way.
update_index() {
  local dir=/usr/share/keyrings keyring
  for keyring in $dir/debian-archive-keyring.pgp $dir/debian-archive-keyring.gpg; do
    if [ -f "$keyring" ]; then
      update_with "$keyring" && return
      grep -qE 'NO_PUBKEY|EXPKEYSIG|not signed|verif' "$APT_HOME/update.log" ||
        die "cannot read $SUITE at $MIRROR: $(grep -E '^[EW]:' "$APT_HOME/update.log" | head -2)" 'check the network and the apt configuration.'
      break
    fi
  done
  say "this machine's Debian keyring does not verify $SUITE: fetching a newer debian-archive-keyring from its own archive"
  rm -rf "$APT_HOME/keyring"
  mkdir -p "$APT_HOME/keyring"
  machine_apt apt-get update >/dev/null 2>&1 || true
  if (cd "$APT_HOME/keyring" && machine_apt apt-get -o APT::Get::AllowUnauthenticated=false download debian-archive-keyring) >/dev/null 2>&1; then
    dpkg-deb -x "$APT_HOME"/keyring/*.deb "$APT_HOME/keyring"
  fi
  for keyring in "$APT_HOME"/keyring/usr/share/keyrings/debian-archive-keyring.{pgp,gpg}; do
    if [ -f "$keyring" ] && update_with "$keyring"; then return; fi
  done
  die "the signature of $SUITE at $MIRROR cannot be verified: $(grep -E '^[EW]:' "$APT_HOME/update.log" | head -2)" \
    'install a newer debian-archive-keyring; unsigned packages are never used.'
}

# Downloads into a folder of its own, then moves whole files; prints what has come every few seconds.
fetch_packages() {
  APT_HOME=$CACHE/apt/$SERIES
  mkdir -p "$APT_HOME/lists/partial" "$APT_HOME/cache/archives/partial"
  : >"$APT_HOME/status"
  MIRROR=$(debian_mirror)
  say "reading Debian $SUITE at $MIRROR and verifying its signature"
  update_index
  local part=$CACHE/dl/.part wanted list total file sha pid
  rm -rf "$part" && mkdir -p "$part"
  # lines of: uri, file name, bytes, SHA256:hash
  mapfile -t wanted < <(wanted_packages)
  list=$(our_apt apt-get --print-uris download "${wanted[@]}") || die "$SUITE has not all of: ${PACKAGES[*]}"
  total=$(awk '{ s += $3 } END { print int(s / 1e6) }' <<<"$list")
  while read -r _ file _; do
    if [ -f "$CACHE/dl/$file" ]; then mv "$CACHE/dl/$file" "$part/"; fi
  done <<<"$list"
  (cd "$part" && our_apt apt-get download "${wanted[@]}") >"$APT_HOME/download.log" 2>&1 &
  pid=$!
  local next=$SECONDS
  while kill -0 "$pid" 2>/dev/null; do
    if [ "$SECONDS" -ge "$next" ]; then
      say "downloading ${PACKAGES[0]}: $(($(du -sk "$part" | cut -f1) * 1024 / 1000000)) of $total MB"
      next=$((SECONDS + 3))
    fi
    sleep 0.2
  done
  wait "$pid" || die "the download failed: $(tail -3 "$APT_HOME/download.log")" 'run it again when the network is back.'
  while read -r _ file _ sha; do
    echo "${sha#SHA256:}  $file"
    mv "$part/$file" "$CACHE/dl/$file"
  done < <(sort -k2 <<<"$list") >"$(pin_file).tmp"
  (cd "$CACHE/dl" && sha256sum --quiet -c "$(pin_file).tmp") >&2 || die "a package in $CACHE/dl is damaged." "remove it and run this again."
  mv "$(pin_file).tmp" "$(pin_file)"
}

# have_tree: the pinned packages are unpacked (no network, no lock needed to know).
have_tree() { [ -f "$(pin_file)" ] && [ -d "$(tree_dir)" ]; }

ensure_tree() {
  if have_tree; then return; fi
  if ! (cd "$CACHE/dl" && [ -f "$(pin_file)" ] && sha256sum --quiet -c "$(pin_file)") >/dev/null 2>&1; then fetch_packages; fi
  if have_tree; then return; fi
  local tree file
  tree=$(tree_dir)
  say "unpacking ${PACKAGES[0]}"
  rm -rf "$tree.tmp" && mkdir -p "$tree.tmp"
  while read -r _ file; do dpkg-deb -x "$CACHE/dl/$file" "$tree.tmp"; done <"$(pin_file)"
  keep_links_inside "$tree.tmp"
  series_relocate "$tree.tmp"
  mv "$tree.tmp" "$tree"
}

# keep_links_inside FOLDER: links that start at the root would lead into the machine; those whose
# target was unpacked get it relative to themselves.
keep_links_inside() {
  local link target
  while IFS= read -r -d '' link; do
    target=$(readlink "$link")
    if [ -e "$1$target" ]; then ln -sfnr "$1$target" "$link"; fi
  done < <(find "$1" -type l -lname '/*' -print0)
}

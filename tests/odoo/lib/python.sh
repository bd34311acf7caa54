# The Python that runs Odoo: a virtual environment made from the series' lock file.
# shellcheck shell=bash

# find_python: the first interpreter of an accepted version, in the order of the series.
find_python() {
  local want python
  for want in "${PYTHONS[@]}"; do
    for python in "python$want" python3 /usr/bin/python3; do
      python=$(command -v "$python") || continue
      if [ "$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)" = "$want" ]; then
        "$python" -c 'import sys; print(sys.executable)'
        return
      fi
    done
  done
  return 1
}

# ensure_python: sets PYTHON to an interpreter that can make environments; root gets one installed.
ensure_python() {
  if PYTHON=$(find_python) && "$PYTHON" -c 'import venv, ensurepip' 2>/dev/null; then return; fi
  root_install python3-venv
  PYTHON=$(find_python) || die "no Python of a version Odoo $SERIES works with (${PYTHONS[*]}) on this machine." 'install one of them.'
  "$PYTHON" -c 'import venv, ensurepip' 2>/dev/null || die "$PYTHON has no venv module." 'install its venv package, such as python3.12-venv.'
}

venv_dir() { echo "$CACHE/venv/$SERIES-$({ cat "$SERIES_SRC/requirements.lock"; echo "$PYTHON"; } | hash12)"; }

ensure_venv() {
  local venv
  venv=$(venv_dir)
  if [ -f "$venv/.complete" ]; then return; fi
  say "installing $(grep -c == "$SERIES_SRC/requirements.lock") Python packages with $("$PYTHON" --version)"
  rm -rf "$venv"
  "$PYTHON" -m venv "$venv" >&2
  "$venv/bin/pip" install -q --use-pep517 --disable-pip-version-check -r "$SERIES_SRC/requirements.lock" >&2 ||
    die "pip could not install $SERIES_SRC/requirements.lock." 'check the network and the pip configuration (pip config list).'
  touch "$venv/.complete"
}

# use_odoo: sets ODOO to the command that runs Odoo; its arguments follow. Bytecode goes to the cache,
# never into an addon's folder.
use_odoo() {
  local tree
  tree=$(tree_dir)
  ODOO=(env -u PYTHONDONTWRITEBYTECODE HOME="$CACHE/home" PYTHONPATH="$tree/usr/lib/python3/dist-packages" PYTHONPYCACHEPREFIX="$CACHE/pycache"
    "$(venv_dir)/bin/python" "$tree/usr/bin/odoo")
}

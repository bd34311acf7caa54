# The Python that runs Odoo: one of the machine with a virtual environment made from the series' lock
# file, or, where no machine has a Python old enough, that of Odoo's suite, unpacked with Odoo
# ($TREE_PYTHON). The latter runs where it lies, on the machine's C library: C libraries run what was
# built for older ones.
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

# ensure_python: sets BASE_PYTHON to an interpreter that can make environments; root gets one installed.
ensure_python() {
  [ -z "${TREE_PYTHON:-}" ] || return 0
  if BASE_PYTHON=$(find_python) && "$BASE_PYTHON" -c 'import venv, ensurepip' 2>/dev/null; then return; fi
  root_install python3-venv
  BASE_PYTHON=$(find_python) || die "no Python of a version Odoo $SERIES works with (${PYTHONS[*]}) on this machine." 'install one of them.'
  "$BASE_PYTHON" -c 'import venv, ensurepip' 2>/dev/null || die "$BASE_PYTHON has no venv module." 'install its venv package, such as python3.12-venv.'
}

# python_home: the folder of the Python packages; its name changes with them.
python_home() {
  if [ -n "${TREE_PYTHON:-}" ]; then
    tree_dir
  else
    echo "$CACHE/venv/$SERIES-$({ cat "$SERIES_SRC/requirements.lock"; echo "$BASE_PYTHON"; } | hash12)"
  fi
}

have_python() { [ -n "${TREE_PYTHON:-}" ] || [ -f "$(python_home)/.complete" ]; }

ensure_venv() {
  local venv
  if have_python; then return; fi
  venv=$(python_home)
  say "installing $(grep -c == "$SERIES_SRC/requirements.lock") Python packages with $("$BASE_PYTHON" --version)"
  rm -rf "$venv"
  "$BASE_PYTHON" -m venv "$venv" >&2
  "$venv/bin/pip" install -q --use-pep517 --disable-pip-version-check -r "$SERIES_SRC/requirements.lock" >&2 ||
    die "pip could not install $SERIES_SRC/requirements.lock." 'check the network and the pip configuration (pip config list).'
  touch "$venv/.complete"
}

# use_odoo: sets PYTHON to the command of Odoo's Python and ODOO to the one that runs Odoo; arguments
# follow. Bytecode goes to the cache, never into an addon's folder.
use_odoo() {
  local tree
  tree=$(tree_dir)
  PYTHON=(env -u PYTHONDONTWRITEBYTECODE HOME="$CACHE/home" PYTHONPATH="$tree/usr/lib/python3/dist-packages"
    PYTHONPYCACHEPREFIX="$CACHE/pycache")
  if [ -n "${TREE_PYTHON:-}" ]; then
    PYTHON+=(PYTHONHOME="$tree/usr" PYTHONNOUSERSITE=1 PYTZ_TZDATADIR="$tree/usr/share/zoneinfo"
      LD_LIBRARY_PATH="$(lib_path "$tree")" "$tree/usr/bin/$TREE_PYTHON")
  else
    PYTHON+=("$(python_home)/bin/python")
  fi
  ODOO=("${PYTHON[@]}" "$tree/usr/bin/odoo")
}

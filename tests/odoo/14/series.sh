# What the Odoo 14 series is made of. Sourced by tests/odoo/odoo.
# shellcheck shell=bash disable=SC2034  # read by tests/odoo/lib

# The Debian suite and packages; all they depend on comes with them, for Odoo 14 runs on no Python
# newer than 3.9.
SUITE=bullseye
PACKAGES=(odoo-14)
TREE_PYTHON=python3.9

# What those depend on that is not unpacked: the C library and the programs of every machine, and
# what only installing, printing or managing databases asks for.
PROVIDED=(
  libc6 dpkg perl debconf adduser init-system-helpers lsb-base sensible-utils ucf netbase
  ca-certificates openssl media-types mime-support mailcap shared-mime-info sgml-base xml-core
  fontconfig-config graphviz postgresql-client wkhtmltopdf
)

PG_ROLE=odoo14

# Its server's port counts from TILLBRIDGE_ODOO_PORT.
PORT_OFFSET=100

# series_relocate TREE: what in the unpacked packages depends on where they lie. Debian's docutils looks
# for its data below /usr/share; told that it is not Debian's, beside itself.
series_relocate() {
  local docutils=$1/usr/lib/python3/dist-packages/docutils
  cp -al "$1/usr/share/docutils/." "$docutils/"
  sed -i 's/^_debian_package = .*/_debian_package = None/' "$docutils/__init__.py"
}

# series_conf PORT: what only this series has in its configuration, for a server there.
series_conf() {
  echo "longpolling_port = $(($1 + 3))"
  echo 'without_demo = all'
}

# Modules of the seeded template, before seed.py runs. Without a chart of accounts a shop has no
# payment methods.
MODULES=l10n_generic_coa,point_of_sale

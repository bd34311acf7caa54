# What the Odoo 19 series is made of. Sourced by tests/odoo/odoo.
# shellcheck shell=bash disable=SC2034  # read by tests/odoo/lib

# The Debian suite and packages. The first is Odoo; its scripts and fonts are relative links into
# the others, so all are unpacked into one tree or the web client answers with error 500.
SUITE=sid
PACKAGES=(
  odoo-19
  libjs-jquery libjs-jquery-form libjs-underscore
  fonts-font-awesome fonts-roboto-unhinted fonts-montserrat fonts-inconsolata fonts-ocr-b
)

# Python versions this series and its lock file work with, the preferred first.
PYTHONS=(3.11 3.12 3.13 3.10)

PG_ROLE=odoo

# Its server's port counts from TILLBRIDGE_ODOO_PORT.
PORT_OFFSET=0

# series_relocate TREE: what in the unpacked packages depends on where they lie.
series_relocate() { :; }

# series_conf PORT: what only this series has in its configuration, for a server there.
series_conf() { echo "gevent_port = $(($1 + 3))"; }

# Modules of the seeded template, before seed.py runs.
MODULES=point_of_sale

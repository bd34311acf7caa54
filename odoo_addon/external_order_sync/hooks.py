from odoo import SUPERUSER_ID, api


def post_init(*args):
    """After the installation, once. Odoo passes (cr, registry) before series 17 and (env) since."""
    env = args[0] if len(args) == 1 else api.Environment(args[0], SUPERUSER_ID, {})
    env["pos.order"]._recover_external_keys()

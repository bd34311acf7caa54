{
    "name": "External Order Sync",
    "summary": "Completed sales of other systems become paid Point of Sale orders",
    "version": "1.0.0",
    "category": "Sales/Point of Sale",
    "author": "tillbridge contributors",
    "license": "LGPL-3",
    "depends": ["point_of_sale"],
    "data": [
        "security/groups.xml",
        "security/ir.model.access.csv",
        "security/rules.xml",
        # Loads the views, too: they are converted for the series of this Odoo.
        "data/setup.xml",
    ],
    "post_init_hook": "post_init",
    "application": True,
}

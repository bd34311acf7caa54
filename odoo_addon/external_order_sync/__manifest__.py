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
        "data/setup.xml",
        "views/external_order_request_views.xml",
        "views/external_order_sync_views.xml",
        "views/pos_order_views.xml",
        "views/menus.xml",
    ],
    "assets": {
        "web.assets_backend": [
            "external_order_sync/static/src/**/*",
        ],
    },
    "application": True,
}

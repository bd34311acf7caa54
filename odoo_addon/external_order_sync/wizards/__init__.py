from . import external_order_where

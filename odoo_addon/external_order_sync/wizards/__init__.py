from . import external_order_where
from . import external_order_bulk
from . import external_order_fetch
from . import external_order_map
from . import external_order_correction
from . import external_order_connect
from . import external_order_connected

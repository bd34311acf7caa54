from . import external_order_connect
from . import external_order_connected

from . import (
    test_exchange,
    test_file_sync,
    test_key,
    test_pos_order,
    test_request,
    test_rights,
    test_settings,
    test_status,
    test_sync,
    test_tools,
    test_watch,
)

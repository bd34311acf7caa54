"""Which series of Odoo this is. All that depends on it asks here, or asks whether a field is there."""

from odoo.release import version_info

# 14 … 19; in between a year's releases the number is a text such as "saas~18".
MAJOR = int(str(version_info[0]).rpartition("~")[2])
# What a list is called in actions and views.
LIST = "list" if MAJOR >= 18 else "tree"
# The index that finds parts of a text, where PostgreSQL has its extension pg_trgm. Earlier series know none.
PARTS = "trigram" if MAJOR >= 16 else None
# What says how a field is summed up over a group.
AGGREGATE = "aggregator" if MAJOR >= 18 else "group_operator"

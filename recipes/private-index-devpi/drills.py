"""What the private index promises, and the ways in which it is broken.

carol reads; ci may upload to dev, alice pushes to staging too, bob to production.
`acme-lib` and `acme-tool` are private names, claimed by set-up.sh. The stories are in ``releases``,
``rights`` and ``upstream``.
"""

from drilling.releases import disk_full, promise
from drilling.rights import anonymous_read, overwrite, token_out_of_bounds, upload_without_the_role
from drilling.upstream import corrupt_file, name_squatted, upstream_500, upstream_down

__all__ = [
    "anonymous_read",
    "corrupt_file",
    "disk_full",
    "name_squatted",
    "overwrite",
    "promise",
    "token_out_of_bounds",
    "upload_without_the_role",
    "upstream_500",
    "upstream_down",
]

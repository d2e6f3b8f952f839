"""What backups promise, and the ways in which a restore or an upgrade goes wrong.

`emma` owns two indexes: dev, where she may overwrite, and prod, where nobody may. The stories are
in ``restores``, ``backups``, ``moves`` and ``limits``.
"""

from drilling.backups import altered_backup, backup_killed, upload_going_on
from drilling.limits import certificate_expires, disk_full
from drilling.moves import replica_of_a_restored_primary, upgraded_and_rolled_back
from drilling.restores import half_an_upload, promise, withdrawn_upstream

__all__ = [
    "altered_backup",
    "backup_killed",
    "certificate_expires",
    "disk_full",
    "half_an_upload",
    "promise",
    "replica_of_a_restored_primary",
    "upgraded_and_rolled_back",
    "upload_going_on",
    "withdrawn_upstream",
]

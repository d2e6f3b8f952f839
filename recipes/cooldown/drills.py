"""What a cooldown promises, on the client and at the proxy, and who gives it up without a word."""

from drilling.by_proxy import bad_upstream, promise, servers_in_front, urgent_fix
from drilling.by_setting import locked_young, no_upload_time, young_release

__all__ = [
    "bad_upstream",
    "locked_young",
    "no_upload_time",
    "promise",
    "servers_in_front",
    "urgent_fix",
    "young_release",
]

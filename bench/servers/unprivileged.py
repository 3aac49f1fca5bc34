"""Servers that refuse to run as root."""

import os
import pwd
from pathlib import Path


def become_nobody_instead_of_root(folder: Path) -> None:
    """If this process is root's, give the folder to `nobody`, and become that user for good.

    The two folders above, which are the benchmark's own, are opened for passing through.
    """
    if os.geteuid() != 0:
        return
    nobody = pwd.getpwnam("nobody")
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    for above in list(folder.parents)[:2]:
        above.chmod(above.stat().st_mode | 0o011)
    os.setgroups([])
    os.setgid(nobody.pw_gid)
    os.setuid(nobody.pw_uid)

"""How far a thread stands back for those that answer."""

import os
import sys


def step_back(niceness: int) -> None:
    """Let the other threads go before the one that calls, where the system knows priorities of threads."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, 0, niceness)  # of this thread alone

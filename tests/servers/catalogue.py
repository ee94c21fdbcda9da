# SPDX-License-Identifier: GPL-3.0-or-later
"""All conditions: each module adds its own."""
import caches
import databases
import queues
import runtimes
import workers

__all__ = ["caches", "databases", "queues", "runtimes", "workers"]

"""The units that the project ships."""
from support import processes

DEPLOY = processes.SOURCES / "deploy"
UNITS = DEPLOY / "systemd"
ANALYZE = "systemd-analyze"

"""What a child process may use."""

from dataclasses import dataclass
from typing import Any

__all__ = ["Limits"]


@dataclass(frozen=True, slots=True)
class Limits:
    """What a child may use; None = no limit of our own."""

    cpu_seconds: int | None = None
    memory_mb: int | None = None
    """Address space of each process of the tree."""
    file_mb: int | None = None
    """Size of each file it writes."""
    processes: int | None = None
    """Processes in its tree; counted a few times a second, a larger tree is ended."""
    output_bytes: int = 100_000
    """Kept of each stream: its beginning and its end."""
    flood_bytes: int = 64_000_000
    """Written to one stream: a child that writes more is ended."""

    def spec(self, timeout: float) -> dict[str, Any]:
        """Write them as the supervisor takes them, with `timeout` in seconds."""
        megabyte = 1 << 20
        table = [
            ("RLIMIT_CPU", self.cpu_seconds, 1, 1),
            ("RLIMIT_AS", self.memory_mb, megabyte, 0),
            ("RLIMIT_FSIZE", self.file_mb, megabyte, 0),
            ("RLIMIT_CORE", 0, 1, 0),
        ]
        limits = [(name, value * unit, value * unit + more) for name, value, unit, more in table if value is not None]
        return {"timeout": float(timeout), "processes": self.processes, "limits": limits}

"""Textual's driver for a terminal."""

from textual.drivers.linux_driver import LinuxDriver


class WireDriver(LinuxDriver):
    """Placeholder."""

    def copy(self, text: str) -> None:
        import base64

        self.write(f"\x1b]52;c;{base64.b64encode(text.encode()).decode()}\a")

"""What a check raises."""


class ScreenshotError(RuntimeError):
    """A page does not show what it should, or cannot be photographed."""

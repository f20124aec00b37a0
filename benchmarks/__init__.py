"""How many waits one event loop carries, and at what price: this package's trigger beside those of other providers."""

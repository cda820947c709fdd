"""Real Faust workers with a monitor, on the embedded broker."""

"""Other servers with the same network, each as its own documentation shows it, to measure ours beside them."""

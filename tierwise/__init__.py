"""Package tierwise."""

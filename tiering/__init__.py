"""Package tiering."""

"""Package features/definitions."""

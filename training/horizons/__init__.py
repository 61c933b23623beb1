"""Several horizons and competing outcomes from one hazard model."""

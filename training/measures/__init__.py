"""Figures of probabilities against what came: each a formula with its source and its interval."""

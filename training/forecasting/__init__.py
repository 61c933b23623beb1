"""Retention of the next four quarters, from account probabilities and a common shock."""

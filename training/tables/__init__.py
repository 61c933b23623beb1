"""Labelled tables read as examples: columns, labels, roles, settled dates, splits."""

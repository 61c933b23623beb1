"""How well one would have known: rolling origins, rivals, pages."""

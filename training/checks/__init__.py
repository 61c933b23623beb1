"""The numbered checks a model must pass before it may go out, and the rows it is held to."""

"""What is kept of a run and where: the one door to MLflow when training."""

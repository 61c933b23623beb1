"""How one model is learnt: menu, boosting, calibration, and the baselines it must beat."""

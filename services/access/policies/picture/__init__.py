"""The picture of a simulation: what goes when, per camera, on one page without script."""

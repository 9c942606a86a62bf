"""One installation serves all tests of this folder: as a package it can be shared by them and by nobody else."""

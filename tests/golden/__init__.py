"""Figures that other people's programs give, kept beside the program that asked them."""

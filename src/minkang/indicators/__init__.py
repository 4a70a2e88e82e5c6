"""Figures: their definitions, how they are computed, and what they are made of."""

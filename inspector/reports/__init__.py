"""Decides how a model is put on paper: figures, plots and pictures from plain values, for people and programs."""

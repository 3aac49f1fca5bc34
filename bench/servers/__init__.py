"""Servers of rivals, which import nothing that they do not need: their memory is measured."""

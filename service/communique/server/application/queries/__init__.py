"""Queries: the point is resolved and waited for, then the views are asked."""

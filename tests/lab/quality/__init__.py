"""Criteria, judgements and control charts of plates."""

"""Encounters: the talk around a sample, asked by questionnaires that are data."""

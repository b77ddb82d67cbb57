"""Checks that several operations share. Each raises the refusal; none changes anything."""

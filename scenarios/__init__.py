"""Scenarios that answer a question each: examples, and the templates of ``orgsim init``."""

"""Authorization: the table of callers, its check, the resource policy, and the services that can be trusted."""

"""Authorization: the table of callers, the organization's resource policy, and the services that can be trusted."""

"""What records of CloudTrail say about an organization; the table is in ``table``."""

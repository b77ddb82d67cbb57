"""Tools of a platform team for AWS Organizations: boto3 and the standard library, nothing of orgsim."""

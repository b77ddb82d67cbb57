"""What a scenario will ask of AWS, before it is played: its calls, their least time, and the quotas to have raised."""

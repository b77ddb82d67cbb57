"""What a scenario will ask of AWS, before it is played: its calls, their least time, and the quotas to have raised.

``foresee`` beside this package goes through the steps.
"""

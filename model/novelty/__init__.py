"""Is this a digit at all?"""

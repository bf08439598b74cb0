"""The command ``numeral``."""

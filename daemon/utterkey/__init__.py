"""utterkey: hold a key, speak, let go; what you said is typed where your cursor is."""

__version__ = "0.1.0"

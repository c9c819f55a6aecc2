"""The demo company: what 25 sources of a shop with customers in nine countries look like."""

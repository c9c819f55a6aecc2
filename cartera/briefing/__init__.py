"""A publication as one page for people: what changed, what needs somebody, how far we are."""

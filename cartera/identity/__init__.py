"""Who is who: source records become customers with ids that last."""

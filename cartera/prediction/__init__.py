"""What customers will do: models of who is still there, how often they buy and for how much."""

"""What the page of lists is made of: to choose or build a list, look at it, make it, look back."""

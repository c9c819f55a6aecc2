"""Privacy: what is held on one person, and how it goes. It looks into every room."""

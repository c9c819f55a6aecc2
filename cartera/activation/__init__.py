"""From the published customers to lists that marketing can use."""

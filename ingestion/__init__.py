"""From what source systems deliver to typed, immutable landing."""

"""Every measurement that a document names, each a module to run."""

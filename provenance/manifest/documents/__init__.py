"""Documents that state facts: cards, mixtures, metadata and summaries."""

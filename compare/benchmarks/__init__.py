"""Published benchmarks: their labels, questions, files and scores."""

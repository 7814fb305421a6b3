"""CineTechBench: its camera score, its clips, its questions."""

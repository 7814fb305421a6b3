"""Other people's programs and files as estimates."""

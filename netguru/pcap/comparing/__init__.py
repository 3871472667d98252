"""Two captures of one thing: two points of one path, or the same place before and after a change."""

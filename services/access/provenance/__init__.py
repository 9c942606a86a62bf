"""What a copy says of itself: signed provenance inside the file, marks in the picture, made in a child process."""

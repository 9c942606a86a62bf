"""Where footage comes from: which folders are watched, by which clock files are named, who deletes, and how it goes."""

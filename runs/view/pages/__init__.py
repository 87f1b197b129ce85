"""What a browser shows: one page a file, drawn by NiceGUI from what the queries beside it return."""

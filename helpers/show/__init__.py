"""What a page shows: tables, charts and their alternative text, maps, downloads."""

"""Events for other programs: tables, Parquet files, timelines of web pages."""

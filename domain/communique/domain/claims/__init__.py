"""Events: claims by sources and their amendments, with their vocabulary and history."""

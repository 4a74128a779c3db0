"""The documents: finding, reading, chunking, indexing and searching them."""

"""The content as data: topics, their answers and examples, and what checks them."""

"""The files that install and run the product elsewhere."""

"""Avro schemas from the dataclasses of the kernel, and the files of ``schemas/`` that are made from them."""

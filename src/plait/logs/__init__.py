"""Bytes to records to one order: pure code without clock, thread, file, socket or loop."""

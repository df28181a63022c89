"""Threads and coroutines in one program; many logs in one stream."""

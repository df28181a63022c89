"""An argument that names nothing in, a source that says so out."""

from plait.errors import SourceError
from plait.sources import Item
from plait.sources.file import FileSource
from plait.sources.patterns import FileSpec


class MissingSource(FileSource):
    """Stands for an argument that names nothing, so that the others go on: iterating raises."""

    __slots__ = ("_error",)

    def __init__(self, spec: FileSpec, error: SourceError) -> None:
        super().__init__(spec.pattern, name=spec.label, spec=spec)
        self._error = error

    def __next__(self) -> Item:
        if self.closed:
            raise StopIteration
        self.close()
        raise self._error

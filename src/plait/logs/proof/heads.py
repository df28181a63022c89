"""The next records of all sources by their first lines."""

from collections.abc import Iterable, Iterator
from typing import Final

from plait.logs.proof.lane import Lane


class Heads:
    """Which lanes have a next record that begins with a given line.

    A lane that is not at its end is either alone with its line, and then in `only`, or one of
    several in `shared`, and then `only` has None for the line.
    """

    def __init__(self, lanes: Iterable[Lane]) -> None:
        self.only: Final[dict[bytes, Lane | None]] = {}
        self.shared: Final[dict[bytes, list[Lane]]] = {}
        for lane in lanes:
            self.add(lane)

    def add(self, lane: Lane) -> None:
        """Take in a lane by its next record, if it has one."""
        if lane.at < len(lane.keys) or lane.load():
            key = lane.keys[lane.at]
            if self.only.setdefault(key, lane) is not lane:
                self.share(key, lane)

    def share(self, key: bytes, lane: Lane) -> None:
        """Put a lane beside the one or more that have the same line."""
        first = self.only[key]
        if first is not None:
            self.shared[key] = [first]
            self.only[key] = None
        self.shared[key].append(lane)

    def remove(self, lane: Lane) -> None:
        """Leave out a lane that is here."""
        key = lane.base_key
        if self.only[key] is lane:
            del self.only[key]
            return
        several = self.shared[key]
        several.remove(lane)
        if len(several) == 1:
            del self.shared[key]
            self.only[key] = several[0]

    def of(self, key: bytes) -> list[Lane]:
        """The lanes with this line, by rank."""
        lane = self.only.get(key)
        if lane is not None:
            return [lane]
        return self.shared.get(key, [])

    def __iter__(self) -> Iterator[Lane]:
        for lane in self.only.values():
            if lane is not None:
                yield lane
        for lanes in self.shared.values():
            yield from lanes

import pytest

from plait.sources.rotated import rotations


@pytest.mark.parametrize(
    "name",
    [
        "app.log.1", "app.log.12", "app.log.1.gz", "app.log-20240131", "app.log-20240131.gz",
        "app.log.2024-01-31", "app.log.2024-01-31_10-00", "app.log-2024-01-31T10:00:59",
        "app.log.2024-01-31.3", "app.1.log", "app-20240131.log", "app.2024-01-31.log",
        "app-2024-01-31.log.zst",
    ],
)  # fmt: skip
def test_the_usual_names_of_a_rotated_file_are_known(name: str) -> None:
    assert "app.log" in {rotation.base for rotation in rotations(name)}


@pytest.mark.parametrize(
    "name",
    ["app.log", "app.log.err", "app.log.123456", "app-worker.log", "app.log2", "app2.log",
     "app.log-99999999", "app.log.bak", "app.log.gz", "app-20249931.log"],
)  # fmt: skip
def test_other_names_are_not(name: str) -> None:
    assert "app.log" not in {rotation.base for rotation in rotations(name)}


def test_the_number_is_read() -> None:
    assert next(iter(rotations("app.log.12.gz"))) == ("app.log", 12, True)

"""The one part of the build that is not data: the compiled kernel, left out where it cannot be.

PLAIT_BUILD=python leaves it out, PLAIT_BUILD=checked has the compiler watch every memory access.
"""

import os

from setuptools import Extension, setup

_CHECKED = ["-O1", "-g", "-fno-omit-frame-pointer", "-fsanitize=address,undefined"]


def kernel() -> list[Extension]:
    """The extension, unless there is no Cython or it is not wanted."""
    build = os.environ.get("PLAIT_BUILD")
    if build == "python":
        return []
    try:
        from Cython.Build import cythonize
    except ImportError:
        return []
    flags = _CHECKED if build == "checked" else ["-O3"]
    source = Extension(
        "plait.logs.kernel.compiled",
        ["src/plait/logs/kernel/compiled.pyx"],
        extra_compile_args=flags,
        extra_link_args=flags if build == "checked" else [],
    )
    extensions: list[Extension] = cythonize([source])
    for extension in extensions:
        # Without a compiler plait installs all the same. (Cython makes new objects without this.)
        extension.optional = build is None
    return extensions


setup(ext_modules=kernel())

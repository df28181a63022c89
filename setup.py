"""The one part of the build that is not data: the compiled kernel, left out where it cannot be."""

import os

from setuptools import Extension, setup


def kernel() -> list[Extension]:
    """The extension, unless there is no Cython or it is not wanted."""
    if os.environ.get("PLAIT_BUILD") == "python":
        return []
    try:
        from Cython.Build import cythonize
    except ImportError:
        return []
    source = Extension(
        "plait.logs.kernel.compiled",
        ["src/plait/logs/kernel/compiled.pyx"],
        extra_compile_args=["-O3"],
        optional=True,  # without a compiler plait installs all the same
    )
    return cythonize([source])


setup(ext_modules=kernel())

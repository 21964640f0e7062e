"""papermill's engine ``zwxm``: every notebook in a fork of a process that is warm already.

    papermill --engine zwxm IN.ipynb OUT.ipynb -p data 项目.xlsx

The fork holds an IPython shell (`zwxm_core.reporting.shell`); its messages are read by papermill's own
client (`zwxm_core.reporting.forked`), so outputs, errors, tags, displays and widgets come out as from a kernel.
What differs: no start of an interpreter, nothing imported twice, limits on a cell, on the notebook and on
memory, and a fork that never outlives its maker. Where there is no fork, or the notebook is not for this
Python's kernel, papermill's ordinary engine runs it.
"""

from __future__ import annotations

NAME = "zwxm"


class ForkEngine:
    """The engine as papermill finds it by entry point.

    papermill loads it while papermill itself is being imported, so nothing of papermill is imported before
    it is used. Beside papermill's own arguments it takes ``execution_timeout`` for a cell, ``notebook_timeout``
    for the whole (seconds) and ``memory`` for what the cells take (bytes).
    """

    @staticmethod
    def execute_notebook(nb, kernel_name, **options):
        """Run a notebook; see papermill's own engine for the common options."""
        from zwxm_core.reporting.forked import ManagedFork

        return ManagedFork.execute_notebook(nb, kernel_name, **options)

    @staticmethod
    def nb_kernel_name(nb, name=None) -> str:
        """The kernel that the notebook names, or ``name``."""
        from papermill.utils import nb_kernel_name

        return nb_kernel_name(nb, name)

    @staticmethod
    def nb_language(nb, language=None) -> str:
        """The language that the notebook names, or ``language``."""
        from papermill.utils import nb_language

        return nb_language(nb, language)

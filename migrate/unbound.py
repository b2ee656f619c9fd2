"""Names that a text reads and binds nowhere: the engine must not write any that were not there before."""

from __future__ import annotations

import builtins
import symtable
import warnings
from collections.abc import Iterator

KNOWN = frozenset({*dir(builtins), "__file__", "__name__", "__path__", "__class__"})


def unbound(text: str) -> frozenset[str]:
    """The names that no scope of a module binds and that are none of Python's own."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        top = symtable.symtable(text, "<text>", "exec")
    tables = [*_tables(top)]
    bound = {s.get_name() for s in top.get_symbols() if s.is_assigned() or s.is_imported()}
    bound |= {s.get_name() for t in tables for s in t.get_symbols() if s.is_declared_global()}
    read = {
        symbol.get_name()
        for table in tables
        for symbol in table.get_symbols()
        if symbol.is_referenced() and (symbol.is_global() or table is top)
    }
    return frozenset(read - bound - KNOWN)


def _tables(table: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    yield table
    for inner in table.get_children():
        yield from _tables(inner)

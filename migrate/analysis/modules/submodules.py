"""Methods and layers of another module that a module uses: `self.embedder.encode(x)`.

What stands in such a method is read with the class that defines it; of its result only what fields tell.
"""

from __future__ import annotations

from migrate.analysis.activation import Arguments
from migrate.analysis.kinds import UNKNOWN, Class, Instance, Method, Value
from migrate.analysis.modules.checkers import only_check
from migrate.analysis.modules.classes import lineage, methods
from migrate.analysis.modules.ensembles import VMAP
from migrate.analysis.modules.hoisting import init_text
from migrate.analysis.modules.methods import summarise
from migrate.analysis.modules.own_reads import reads_fields_only
from migrate.analysis.modules.reasons import blocked
from migrate.analysis.modules.stacked import SCAN
from migrate.analysis.modules.summaries import given_back
from migrate.analysis.run import Run
from migrate.analysis.sites import Layer, SubmoduleCall

TAKEN = frozenset({"__call__", "setup", "init", "apply", "bind", "init_with_output", "clone", "copy"})


def used(run: Run, instance: Instance, name: str) -> Method | None:
    """A method of a module of the project, or a layer that its `setup` keeps under that name."""
    cls = instance.cls
    if run.owner is None or not isinstance(cls, Class) or name in TAKEN:
        return None
    summarise(run, cls)
    method = methods(cls).get(name)
    if method is not None:
        return Method(instance, name) if only_check(run, method) else None
    nodes = [one.node for one in lineage(cls)]
    layers = (site for site in run.facts.sites.values() if isinstance(site, Layer) and site.kept == name)
    return Method(instance, name) if any(site.owner.node in nodes for site in layers) else None


def call(run: Run, instance: Instance, name: str, given: Arguments) -> Value:
    """Such a method is called; the call stays as it is."""
    cls, site = instance.cls, run.facts.sites.get(instance.site)
    message = "a followed value is handed to a method of another module"
    run.escape(given.node, "LNX010", message, *given.args, *(value for _, value in given.keywords))
    if not isinstance(cls, Class) or not isinstance(site, Layer) or run.owner is None:
        run.escape(given.node, "LNX299", f"`.{name}` of a followed value is not followed", instance)
        return UNKNOWN
    several = site.lifted is not None and site.lifted.transform in {VMAP, SCAN}
    if several and not (name in methods(cls) and reads_fields_only(cls, methods(cls)[name])):
        message = f"`{name}` of a module that a transform runs several times is called by itself"
        blocked(run, given.node, "LNX130", message)
    run.facts.site(SubmoduleCall(given.node, cls, name, run.owner))
    texts = {field: init_text(run.facts, site.owner, value) for field, value in site.given}
    texts |= dict.fromkeys(site.left_open)
    return given_back(run, cls, texts, run.facts.results.get((cls.node, name), UNKNOWN))

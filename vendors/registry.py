"""Finds the vendors: every folder of `vendors/` whose package has a MANIFEST. Nothing is registered by hand."""

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from types import MappingProxyType

import vendors
from vendors.kit.simulator import Simulator
from vendors.manifest import Manifest


@cache
def manifests() -> Mapping[str, Manifest]:
    """Every vendor by its slug, in alphabetical order."""
    found = (
        import_module(f"vendors.{module.name}")
        for module in iter_modules(vendors.__path__)
        if module.ispkg and module.name != "kit" and not module.name.startswith("_")
    )
    return MappingProxyType({package.MANIFEST.slug: package.MANIFEST for package in found})


def simulator_class(slug: str) -> type[Simulator]:
    """The vendor's simulator; a part of the product, loaded only when somebody wants it."""
    simulator: type[Simulator] = import_module(f"vendors.{slug}.simulator").SIMULATOR
    return simulator

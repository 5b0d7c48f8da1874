import importlib.metadata
import logging
import sys
from contextlib import contextmanager
from pathlib import Path
from zipfile import ZipFile

import msgspec
import pytest

from chatmodels.core import (
    ConfigurationError,
    ErrorCode,
    ProviderConflictError,
    ProviderImportError,
    ProviderNotFoundError,
)
from chatmodels.core._registry.catalog import discovery
from chatmodels.core._registry.discovery import (
    CONTRACT_VERSION,
    Discovery,
    InstalledProvider,
    check_contract,
)
from chatmodels.core._registry.entry_points import entry_points
from chatmodels.core._registry.registry import ProviderRegistry
from chatmodels.core._values.metadata import Capability

REGISTERS_NOTHING = "NAME = {name!r}"
NEEDS_WHAT_IS_MISSING = "import a_module_that_is_missing_{name}"
EXITS = "import sys; sys.exit('no licence')"


class CountingFinder:
    """Counts how often something looks through the installed distributions."""

    def __init__(self) -> None:
        self.scans = 0

    def find_distributions(self, _):
        self.scans += 1
        return ()


@pytest.fixture
def finder(monkeypatch):
    finder = CountingFinder()
    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path, finder])
    # The import system asks it for modules, too.
    finder.find_spec = lambda *_: None
    return finder


def test_an_installed_provider_is_found_imported_and_registered(site, global_registry) -> None:
    module = site.install("alpha")
    assert "alpha" in global_registry.list_providers()
    assert module not in sys.modules
    assert not global_registry.is_registered("alpha")
    provider, model = global_registry.resolve("alpha:large")
    assert (provider.metadata.name, model) == ("alpha", "large")
    assert sys.modules[module].__name__ == provider.__class__.__module__
    assert global_registry.is_registered("alpha")


def test_installed_providers_are_scanned_once_and_not_for_registered_names(
    site, global_registry, finder, fake
) -> None:
    site.install("alpha")
    global_registry.register_provider(fake("zz-acme"))
    global_registry.resolve("zz-acme:large")
    assert finder.scans == 0
    for registry in (global_registry, ProviderRegistry(discover=True)):
        registry.list_providers()
        registry.resolve("alpha:large")
        with pytest.raises(ProviderNotFoundError):
            registry.resolve("zz-missing:large")
    assert finder.scans == 1


def test_concurrent_threads_scan_installed_providers_once(site, finder) -> None:
    from threading import Thread

    site.install("alpha")
    found = []
    threads = [Thread(target=lambda: found.append(discovery.find("alpha"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {installed.module for installed in found} == {"plugin_alpha"}
    assert finder.scans == 1


def test_a_provider_installed_meanwhile_is_found_by_looking_again(site, global_registry) -> None:
    with pytest.raises(ProviderNotFoundError) as caught:
        global_registry.provider("zz-late")
    assert str(caught.value).endswith("; try: pip install chatmodels-provider-zz-late")
    site.install("zz-late")
    with pytest.raises(ProviderNotFoundError):
        global_registry.provider("zz-late")
    global_registry.rediscover()
    assert global_registry.provider("zz-late").metadata.name == "zz-late"


def test_an_invalid_provider_name_is_not_suggested_for_installation(site, global_registry) -> None:
    with pytest.raises(ProviderNotFoundError, match="; register it with register_provider"):
        global_registry.provider("zz zz\n--index-url x")


def test_an_entry_point_describes_its_provider(site) -> None:
    site.install("alpha")
    assert discovery.find("alpha") == InstalledProvider(
        name="alpha",
        module="plugin_alpha",
        distribution="chatmodels-provider-alpha",
        version="1.2",
        contract=1,
    )


@pytest.mark.parametrize(
    ("value", "contract"),
    [
        ("{module}", 1),
        ("{module} [contract-1]", 1),
        ("{module}[contract-1]", 1),
        ("{module}:Provider [contract-1]", 1),
        ("{module} [fast,contract-1]", 1),
        ("{module} [fast]", 1),
    ],
)
def test_the_contract_is_read_from_the_entry_point(site, value: str, contract: int) -> None:
    site.install("alpha", value=value)
    found = discovery.find("alpha")
    assert (found.module, found.contract) == ("plugin_alpha", contract)


def test_a_provider_of_a_later_contract_requires_a_newer_core(site, global_registry) -> None:
    site.install("alpha", value="{module} [contract-12]")
    with pytest.raises(ProviderImportError) as caught:
        global_registry.provider("alpha")
    assert str(caught.value) == (
        "chatmodels-provider-alpha 1.2 (plugin_alpha) implements version 12 of the provider "
        f"contract, and this chatmodels-core implements {CONTRACT_VERSION}; "
        "run: pip install -U chatmodels-core"
    )
    assert "plugin_alpha" not in sys.modules


def test_the_current_and_the_previous_contract_are_accepted() -> None:
    def installed(contract: int) -> InstalledProvider:
        return InstalledProvider("alpha", "plugin_alpha", "provider-alpha", "1.2", contract)

    check_contract(installed(5), current=5)
    check_contract(installed(4), current=5)
    with pytest.raises(ProviderImportError, match=r"run: pip install -U provider-alpha$"):
        check_contract(installed(3), current=5)
    with pytest.raises(ProviderImportError, match=r"run: pip install -U chatmodels-core$"):
        check_contract(installed(6), current=5)


def test_two_distributions_with_one_name_are_a_conflict_that_names_both(
    site, global_registry
) -> None:
    site.install("alpha")
    site.install("alpha", module="plugin_other", distribution="other-alpha")
    with pytest.raises(ProviderConflictError) as caught:
        global_registry.provider("alpha")
    message = str(caught.value)
    assert message.startswith("two distributions provide 'alpha': ")
    assert "chatmodels-provider-alpha 1.2 (plugin_alpha)" in message
    assert "other-alpha 1.2 (plugin_other)" in message
    assert message.endswith("; uninstall one of them")


def test_two_distributions_with_the_same_module_do_not_conflict(site, global_registry) -> None:
    site.install("alpha")
    site.install("alpha", distribution="renamed-alpha")
    assert global_registry.provider("alpha").metadata.name == "alpha"


@pytest.mark.parametrize(
    ("source", "words"),
    [
        pytest.param(
            NEEDS_WHAT_IS_MISSING,
            "cannot be imported from plugin_alpha: ModuleNotFoundError: ",
            id="missing dependency",
        ),
        pytest.param("raise ValueError('x' * 999)", f"ValueError: {'x' * 197}...;", id="bounded"),
        pytest.param(EXITS, "SystemExit: no licence", id="exit"),
    ],
)
def test_a_provider_that_fails_to_import_is_reported_with_its_cause(
    site, global_registry, caplog, source: str, words: str
) -> None:
    site.install("alpha", source)
    with pytest.raises(ProviderImportError) as caught:
        global_registry.provider("alpha")
    assert words in str(caught.value)
    assert caught.value.code is ErrorCode.PROVIDER_UNAVAILABLE
    assert caught.value.__cause__ is not None
    (record,) = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert (record.provider, record.code) == ("alpha", "provider_unavailable")


def test_a_provider_that_fails_to_import_does_not_break_the_others(
    site, global_registry, caplog
) -> None:
    site.install("alpha", NEEDS_WHAT_IS_MISSING)
    site.install("beta")
    registry = ProviderRegistry(discover=True)
    assert {"alpha", "beta"} <= set(registry.list_providers())
    assert "beta" in registry.providers_with(Capability.VISION)
    assert registry.providers_for_model("beta-large") == ["beta"]
    assert registry.providers_for_model("beta-small") == ["beta"]
    warnings = [record for record in caplog.records if "alpha" in record.getMessage()]
    assert len(warnings) == 1


def test_queries_find_a_provider_that_was_registered_in_place_of_a_broken_one(
    site, global_registry, fake
) -> None:
    site.install("alpha", NEEDS_WHAT_IS_MISSING)
    registry = ProviderRegistry(discover=True)
    assert "alpha" not in registry.providers_with()
    registry.register_provider(fake("alpha"))
    assert "alpha" in registry.providers_with()


def test_a_failed_import_is_tried_again_on_the_next_use(site, global_registry) -> None:
    module = site.install("alpha", NEEDS_WHAT_IS_MISSING)
    with pytest.raises(ProviderImportError):
        global_registry.provider("alpha")
    (site.path / "a_module_that_is_missing_alpha.py").write_text("import plugin_repair")
    (site.path / "plugin_repair.py").write_text("")
    (site.path / f"{module}.py").write_text(
        (site.path / f"{module}.py").read_text() + "\n" + REPAIRED
    )
    importlib.invalidate_caches()
    assert global_registry.provider("alpha").metadata.name == "alpha"
    del sys.modules["a_module_that_is_missing_alpha"]


REPAIRED = """
from chatmodels.core._registry.front import register_provider
from chatmodels.core._values.metadata import ProviderMetadata

class Provider:
    metadata = ProviderMetadata(name="alpha", description="", distribution="")
    create_chat_model = model_info = check_health = list_models = len

register_provider(Provider())
"""


def test_a_provider_that_fails_after_registering_is_not_registered(site, global_registry) -> None:
    site.install("alpha", REPAIRED + "\nraise RuntimeError('late')")
    for _ in range(2):
        with pytest.raises(ProviderImportError, match="RuntimeError: late"):
            global_registry.provider("alpha")
    assert not global_registry.is_registered("alpha")


def test_a_provider_that_registers_nothing_is_reported(site, global_registry, fake) -> None:
    site.install("alpha", REGISTERS_NOTHING)
    with pytest.raises(ProviderImportError) as caught:
        global_registry.provider("alpha")
    message = str(caught.value)
    assert message.startswith("importing plugin_alpha registered no provider named 'alpha'")
    assert message.endswith("it must call register_provider(...) with the name of its entry point")


@pytest.mark.parametrize("value", ["not a module", "{module}.absent", "..relative"])
def test_a_malformed_entry_point_is_reported_like_a_failed_import(
    site, global_registry, value: str
) -> None:
    site.install("alpha", value=value)
    site.install("beta")
    with pytest.raises(ProviderImportError, match="provider 'alpha' cannot be imported from"):
        global_registry.provider("alpha")
    assert global_registry.provider("beta").metadata.name == "beta"


def test_an_entry_point_without_a_distribution_is_reported_as_such(monkeypatch, tmp_path) -> None:
    entry_point = importlib.metadata.EntryPoint("alpha", "a [contract-9]", "chatmodels.providers")
    monkeypatch.setattr(importlib.metadata, "entry_points", lambda group: [entry_point])
    unknown = pytest.raises(ProviderImportError, match=r"^an unknown distribution")
    with archive_on_path(tmp_path), unknown:
        Discovery().find("alpha")


def test_an_unregistered_provider_is_not_discovered_again(site, global_registry) -> None:
    site.install("alpha")
    site.install("beta")
    registry = ProviderRegistry(discover=True)
    registry.provider("alpha")
    for name in ("alpha", "beta"):
        registry.unregister_provider(name)
        assert name not in registry.list_providers()
        with pytest.raises(ProviderNotFoundError, match="it was unregistered"):
            registry.provider(name)
        assert global_registry.provider(name).metadata.name == name
    with pytest.raises(ProviderNotFoundError):
        registry.unregister_provider("beta")


# Entry points.


@contextmanager
def archive_on_path(folder: Path, **files: str):
    archive = folder / "archive.zip"
    with ZipFile(archive, "w") as writer:
        for name, text in files.items():
            writer.writestr(f"zipped-3.0.dist-info/{name}", text)
    sys.path.insert(0, str(archive))
    try:
        yield
    finally:
        sys.path.remove(str(archive))


def by_the_standard_library(group: str) -> list[tuple[str, str, str, str]]:
    found = importlib.metadata.entry_points(group=group)
    return sorted((each.name, each.value, each.dist.name, each.dist.version) for each in found)


def read(group: str) -> list[tuple[str, str, str, str]]:
    return sorted(msgspec.structs.astuple(each) for each in entry_points(group))


def write(folder: Path, name: str, **files: str) -> None:
    info = folder / name
    info.mkdir(parents=True)
    for file, text in files.items():
        (info / file).write_text(text)


SECTIONS = """
# a comment
[other]
wrong = wrong

[acme.group]
# a comment
one = module_one:name [extra]
two=module_two

[chatmodels.providers]
wrong = wrong
"""


@pytest.mark.parametrize("group", ["console_scripts", "chatmodels.providers", "pytest11", "none"])
def test_entry_points_are_those_of_the_standard_library(group: str) -> None:
    assert read(group) == by_the_standard_library(group)


@pytest.mark.parametrize(
    ("folder", "described"),
    [("Acme.Tools-1.2.dist-info", "METADATA"), ("Acme_Tools.egg-info", "PKG-INFO")],
)
def test_entry_points_are_read_from_folders(site, folder: str, described: str) -> None:
    description = "Metadata-Version: 2.1\nName: Acme.Tools\nVersion: 1.2\n\nName: wrong\n"
    write(site.path, folder, **{"entry_points.txt": SECTIONS, described: description})
    assert read("acme.group") == [
        ("one", "module_one:name [extra]", "Acme.Tools", "1.2"),
        ("two", "module_two", "Acme.Tools", "1.2"),
    ]
    assert read("acme.group") == by_the_standard_library("acme.group")


def test_the_first_of_a_distribution_on_the_path_counts(site, monkeypatch) -> None:
    first, second = site.path / "first", site.path / "second"
    for folder, version in ((first, "2.0"), (second, "1.0")):
        files = {"entry_points.txt": SECTIONS, "METADATA": f"Name: acme-x\nVersion: {version}\n"}
        write(folder, f"acme_x-{version}.dist-info", **files)
        (folder / "acme-other.txt").touch()
    monkeypatch.setattr(sys, "path", [str(first), "", str(second), str(site.path / "absent")])
    assert {version for _, _, _, version in read("acme.group")} == {"2.0"}
    assert read("acme.group") == by_the_standard_library("acme.group")


def test_entry_points_in_an_archive_are_found(tmp_path) -> None:
    files = {"entry_points.txt": SECTIONS, "METADATA": "Name: zipped\nVersion: 3.0\n"}
    with archive_on_path(tmp_path, **files):
        assert ("two", "module_two", "zipped", "3.0") in read("acme.group")


def test_a_distribution_without_metadata_has_no_name(site) -> None:
    write(site.path, "bare-1.0.dist-info", **{"entry_points.txt": SECTIONS})
    assert ("two", "module_two", "", "") in read("acme.group")


# Registries of one's own.


def test_an_isolated_registry_does_not_discover(site) -> None:
    site.install("alpha")
    registry = ProviderRegistry()
    assert registry.list_providers() == []
    with pytest.raises(ProviderNotFoundError, match=r"\(registered: none\)"):
        registry.provider("alpha")


def test_an_isolated_registry_that_discovers_shares_the_provider_with_the_global_one(
    site, global_registry
) -> None:
    site.install("alpha")
    registry = ProviderRegistry(discover=True)
    provider = registry.provider("alpha")
    assert global_registry.provider("alpha") is provider
    assert registry.is_registered("alpha")
    assert ProviderRegistry(discover=True).provider("alpha") is provider


def test_an_isolated_registry_finds_providers_that_were_removed_from_the_global_one(
    site, global_registry, fake
) -> None:
    site.install("alpha")
    provider = global_registry.provider("alpha")
    global_registry.unregister_provider("alpha")
    assert ProviderRegistry(discover=True).provider("alpha") is provider
    assert not global_registry.is_registered("alpha")
    global_registry.register_provider(fake("alpha"))
    assert ProviderRegistry(discover=True).provider("alpha") is provider


def test_a_conflict_in_an_isolated_registry_names_the_plugin(site, fake) -> None:
    site.install("alpha")
    registry = ProviderRegistry(discover=True)
    registry.provider("alpha")
    with pytest.raises(ProviderConflictError, match=f"plugin_alpha already, and {__name__}"):
        registry.register_provider(fake("alpha"))


# Lazily imported providers.


def test_a_lazy_provider_is_imported_on_first_use(site, global_registry) -> None:
    module = site.install("alpha")
    registry = ProviderRegistry()
    registry.register_lazy("alpha", module)
    registry.register_lazy("alpha", module)
    assert (registry.is_registered("alpha"), registry.list_providers()) == (True, ["alpha"])
    assert module not in sys.modules
    assert registry.provider("alpha").metadata.name == "alpha"
    assert module in sys.modules
    registry.register_lazy("alpha", module)
    assert registry.provider("alpha") is global_registry.provider("alpha")


def test_a_module_that_was_imported_before_can_be_named_again(site, global_registry) -> None:
    module = site.install("alpha")
    provider = global_registry.provider("alpha")
    global_registry.unregister_provider("alpha")
    global_registry.register_lazy("alpha", module)
    assert global_registry.provider("alpha") is provider
    assert global_registry.is_registered("alpha")


def test_a_lazy_provider_that_fails_is_reported(global_registry) -> None:
    global_registry.register_lazy("zz-lazy", "plugin_that_does_not_exist")
    with pytest.raises(ProviderImportError, match="plugin_that_does_not_exist"):
        global_registry.provider("zz-lazy")


def test_two_modules_for_one_lazy_provider_are_a_conflict(fake) -> None:
    registry = ProviderRegistry()
    registry.register_lazy("alpha", "one")
    with pytest.raises(ProviderConflictError, match="registered by one already, and two"):
        registry.register_lazy("alpha", "two")
    registry.register_lazy("alpha", "two", replace=True)
    registry.unregister_provider("alpha")
    registry.register_provider(fake("alpha"))
    with pytest.raises(ConfigurationError, match=f"registered by {__name__} already, and one"):
        registry.register_lazy("alpha", "one")
    registry.register_lazy("alpha", "one", replace=True)
    with pytest.raises(ProviderImportError, match="from one: ModuleNotFoundError: "):
        registry.provider("alpha")

"""deploy/sbom: which software is in the built program, as SPDX."""
import hashlib
import json
import os
import pathlib
import re
import sys

from spdx_tools.spdx.parser.parse_anything import parse_file
from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import processes  # noqa: E402
from support.runner import Suite, equal  # noqa: E402

suite = Suite("packaging_sbom")
BUILD = pathlib.Path(os.environ["SALLYPORT_BUILD_DIR"])
scratch = processes.scratch("sbom")


def sbom(build, name, epoch="1764547200"):
    result = processes.run([sys.executable, processes.SOURCES / "deploy/sbom", build, scratch / name],
                           env={**os.environ, "SOURCE_DATE_EPOCH": epoch}, timeout=60)
    return result, scratch / name


def related(document, kind):
    """The packages (SPDX id to version) that have a relationship of this kind with the program."""
    versions = {package["SPDXID"]: package["versionInfo"] for package in document["packages"]}
    ids = {end for entry in document["relationships"] if entry["relationshipType"] == kind
           for end in (entry["spdxElementId"], entry["relatedSpdxElement"])}
    return {end: versions[end] for end in ids - {"SPDXRef-sallyport"}}


@suite.test
def it_is_valid_and_names_the_program():
    result, path = sbom(BUILD, "valid.spdx.json")
    equal(result.returncode, 0, result.stderr)
    equal(validate_full_spdx_document(parse_file(str(path))), [])
    own = json.loads(path.read_text())["packages"][0]
    version = processes.run([processes.binary(), "--version"]).stdout.split(maxsplit=1)[1].strip()
    equal((own["name"], own["versionInfo"]), ("sallyport", version))
    equal(own["checksums"], [{"algorithm": "SHA256", "checksumValue": hashlib.sha256(pathlib.Path(processes.binary()).read_bytes()).hexdigest()}])


@suite.test
def it_names_each_library_that_the_program_needs_in_the_version_of_this_machine():
    document = json.loads(sbom(BUILD, "loaded.spdx.json")[1].read_text())
    loaded = related(document, "DYNAMIC_LINK")
    needed = re.findall(r"\(NEEDED\).*\[(.*)\]", processes.run(["readelf", "--dynamic", processes.binary()]).stdout)
    assert len(needed) > 5, needed
    for library in needed:
        owners = processes.run(["dpkg-query", "--search", f"*/{library}"]).stdout.splitlines()
        names = {line.split(":")[0] for line in owners}
        assert any(f"SPDXRef-deb-{re.sub('[^A-Za-z0-9.-]', '-', name)}-" in spdx_id for name in names for spdx_id in loaded), (library, loaded)
    version = processes.run(["dpkg-query", "--show", "--showformat=${Version}", "libssl3"]).stdout
    if version:
        assert version in loaded.values(), (version, loaded)


@suite.test
def it_names_what_was_compiled_in():
    compiled = related(json.loads(sbom(BUILD, "compiled.spdx.json")[1].read_text()), "BUILD_DEPENDENCY_OF")
    for part in ("boost", "tomlplusplus", "cli11", "nlohmann-json3", "libssl-dev", "libstdc--"):
        assert any(part in spdx_id for spdx_id in compiled), (part, compiled)
    assert not any("gtest" in spdx_id for spdx_id in compiled), compiled


@suite.test
def the_same_build_gives_the_same_bytes():
    first, second = (sbom(BUILD, f"{name}.spdx.json")[1].read_bytes() for name in ("first", "second"))
    equal(first, second)
    assert sbom(BUILD, "later.spdx.json", epoch="1764547201")[1].read_bytes() != first


@suite.test
def a_folder_without_a_program_is_refused_with_the_cure():
    result, path = sbom(scratch, "nothing.spdx.json")
    equal((result.returncode, path.exists()), (1, False))
    assert f"cmake --build {scratch} --target sallyport" in result.stderr, result.stderr


if __name__ == "__main__":
    suite.main()

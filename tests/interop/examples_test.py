"""The worked stories of deploy/examples: each policy is sound, passes its tests, and has tests that notice every small change
of it; each command of each README does what the page says."""
import json
import os
import pathlib
import re
import shlex
import shutil
import sys
import tomllib

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import processes  # noqa: E402
from support.deployment import sallyport  # noqa: E402
from support.runner import Suite, equal  # noqa: E402

suite = Suite("examples")
EXAMPLES = processes.SOURCES / "deploy/examples"
STORIES = ("modbus-site", "remote-administration", "telescope-lab", "webhook-builder")
NO_STORY = ("demo",)
TEMPLATE = "principals.template.toml"
folders = {}


@suite.setup
def copy():
    """As somebody does who starts from an example: the principals files come from the template and are closed to others."""
    there = {path.name for path in EXAMPLES.iterdir() if path.is_dir()}
    equal(there, {*STORIES, *NO_STORY}, "every folder of examples is a story that is tested, or none")
    for story in STORIES:
        folder = processes.scratch("story") / story
        shutil.copytree(EXAMPLES / story, folder)
        folders[story] = folder
        for policy in policies(story):
            principals = tomllib.loads(policy.read_text()).get("auth", {}).get("principals")
            if principals:
                shutil.copy(folder / TEMPLATE, folder / principals)
                (folder / principals).chmod(0o600)


def policies(story):
    """The policy files: those with a realm. The others are included by them."""
    found = [path for path in sorted(folders[story].glob("*.toml")) if "realm" in tomllib.loads(path.read_text())]
    assert len(found) >= 2, f"{story} has a policy for each door"
    return found


def each_policy():
    return [policy for story in STORIES for policy in policies(story)]


@suite.test
def each_story_is_complete():
    for story in STORIES:
        names = {path.name for path in folders[story].iterdir()}
        assert {"README.md", "gateway.toml", "inside.toml", TEMPLATE} <= names, (story, names)
        lines = (folders[story] / "README.md").read_text().splitlines()
        assert 25 <= len(lines) <= 90, f"{story}: a page has {len(lines)} lines"


@suite.test
def each_page_names_every_rule_of_the_first_door():
    for story in STORIES:
        page = (folders[story] / "README.md").read_text()
        (outside,) = tomllib.loads((folders[story] / "gateway.toml").read_text())["realms"]
        policy = tomllib.loads((folders[story] / outside).read_text())
        rules = [rule["id"] for rule in policy["allow"] + policy["forbid"]]
        equal([rule for rule in rules if f"`{rule}`" not in page], [], story)


@suite.test
def each_policy_is_sound_and_passes_its_tests():
    for policy in each_policy():
        result = sallyport("policy", "check", "--json", policy)
        equal(result.returncode, 0, f"{policy}: {result.stderr}{result.stdout}")
        report = json.loads(result.stdout)["files"][0]
        assert report["tests"] >= report["allows"] + report["forbids"], report
        result = sallyport("policy", "test", policy)
        equal(result.returncode, 0, f"{policy}: {result.stdout}{result.stderr}")


@suite.test
def every_small_change_of_a_policy_is_detected_by_its_tests():
    for policy in each_policy():
        result = sallyport("policy", "mutate", "--json", policy)
        report = json.loads(result.stdout)
        equal([(one["line"], one["rule"], one["what"]) for one in report["not_noticed"]], [], str(policy))
        equal(result.returncode, 0, str(policy))
        assert report["noticed"] >= 20, report


@suite.test
def a_change_that_no_test_notices_would_be_told():
    """The suite above can fail: without its tests, the same policy is full of them."""
    policy = policies("telescope-lab")[1]
    equal(policy.name, "observatory.toml")
    bare = policy.with_name("bare.toml")
    bare.write_text(policy.read_text().replace(', "observatory.tests.toml"', ""))
    result = sallyport("policy", "mutate", "--json", bare)
    equal(result.returncode, 1)
    assert len(json.loads(result.stdout)["not_noticed"]) >= 20
    bare.unlink()


@suite.test
def each_file_has_the_usual_layout():
    for story in STORIES:
        for path in sorted(folders[story].glob("*.toml")):
            if path.name in ("gateway.toml", "inside.toml") or path.name.endswith("principals.toml"):
                continue
            result = sallyport("policy", "fmt", "--check", path)
            equal(result.returncode, 0, f"{path}: {result.stdout}{result.stderr}")


@suite.test
def the_commands_of_each_page_do_what_it_says():
    """Those of its first block that need no running program. A comment behind one begins with what comes out, and by which rule."""
    programs = processes.scratch("bin")
    (programs / "sallyport").symlink_to(processes.binary())
    shell = {**os.environ, "PATH": f"{programs}:{os.environ['PATH']}"}
    for story in STORIES:
        block = re.search(r"```sh\n(.*?)```", (folders[story] / "README.md").read_text(), re.DOTALL).group(1)
        done = {"install": 0, "principal": 0, "policy": 0}
        for line in block.splitlines():
            command, _, comment = line.partition("  #")
            words = shlex.split(command)
            kind = words[0] if words[0] == "install" else words[1]
            if kind not in done:
                continue
            result = processes.run(["sh", "-c", command], cwd=folders[story], env=shell)
            said = comment.split()
            due = 1 if said[:1] in (["deny"], ["forbid"]) else 0
            equal(result.returncode, due, f"{story}: {line}\n{result.stdout}{result.stderr}")
            if said[1:] and words[2] == "explain":
                assert said[1] in result.stdout, f"{story}: {line}\n{result.stdout}"
            done[kind] += 1
        assert done["install"] >= 1 and done["principal"] >= 1 and done["policy"] >= 5, (story, done)


if __name__ == "__main__":
    suite.main()

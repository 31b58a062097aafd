"""Where the core can be changed by one token, and how: the mutants that tests/mutation/run builds and tests."""

import collections
import dataclasses
import hashlib
import pathlib
import re
import subprocess

# The pure core: what the unit tests and the simulators run. tests/layout holds what makes a folder pure.
FOLDERS = (
    "wamp/base", "wamp/message", "wamp/codec", "wamp/session", "wamp/router", "wamp/framing",
    "policy/document", "policy/crypto", "policy/engine", "policy/auth", "policy/file", "policy/audit",
    "policy/door", "policy/meta", "policy/gate",
    "backend-link/link", "backend-link/bridge", "backend-link/inside",
    "gateway/tor", "gateway/supervision", "gateway/front",
)


@dataclasses.dataclass(frozen=True)
class Mutant:
    path: str  # relative to the root
    line: int  # from 1
    start: int  # offset in the file
    before: str
    after: str
    kind: str

    def apply(self, root):
        file = pathlib.Path(root, self.path)
        text = file.read_text()
        assert text[self.start:self.start + len(self.before)] == self.before, self
        file.write_text(text[:self.start] + self.after + text[self.start + len(self.before):])

    def __str__(self):
        before, after = (" ".join(text.split()) for text in (self.before, self.after))
        return f"{self.path}:{self.line}  {self.kind}: {before or '(nothing)'}  ->  {after or '(nothing)'}"


# Comments, literals and preprocessor lines are not changed.
SKIPPED = re.compile(
    r'//[^\n]*|/\*.*?\*/|R"(?P<d>[^(\s]*)\(.*?\)(?P=d)"|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'|^[ \t]*#(?:[^\n]*\\\n)*[^\n]*'
    r"|\bstatic_assert\b[^;]*;|\btemplate <[^\n]*|\boperator\S+|\bSALLYPORT_CHECK\(.*?\);",
    re.DOTALL | re.MULTILINE)

# A binary operator stands between spaces (clang-format), which tells it from the angle brackets of a template.
OPERATORS = {
    "<": ("<=", ">="), "<=": ("<", ">"), ">": (">=", "<="), ">=": (">", "<"), "==": ("!=",), "!=": ("==",),
    "&&": ("||",), "||": ("&&",), "+": ("-",), "-": ("+",), "*": ("+",), "/": ("*",), "%": ("+",),
    "+=": ("-=",), "-=": ("+=",), "&": ("|",), "|": ("&",), "<<": (">>",), ">>": ("<<",), "|=": ("&=",),
}
BINARY = re.compile(r"(?<=[\w)\]\"'] )(" + "|".join(re.escape(op) for op in sorted(OPERATORS, key=len, reverse=True)) +
                    r")(?=[ \n])")
NEGATION = re.compile(r"(?<![\w)\]])!(?=[\w(*:])")
CONSTANT = re.compile(r"(?<![\w.'])(\d+)(?![\w.'])")
BOOLEAN = re.compile(r"\b(true|false)\b")
STEP = re.compile(r"\+\+|--")
JUMP = re.compile(r"\b(continue|break);")
# A statement of its own line that is an assignment or a call, as a whole; not a declaration or a jump, nor what only logs or
# reserves memory.
STATEMENT = re.compile(
    r"^[ ]{4,}(?!wamp::note\(|[\w.>-]*reserve\(|return\b|throw\b|using\b|else\b|case\b|default\b|if\b|for\b|while\b|do\b|switch\b|auto\b|const\b|static\b)"
    r"[a-z(*+:-][\w.:>()*\[\]-]*?(?:\(| = | [-+|&]= )[^;{}]*;$", re.MULTILINE)
CONDITION = re.compile(r"\bif \((?!const |auto |constexpr)")


def blank(text):
    """The text with everything that is not changed replaced by spaces, so that offsets stay."""
    return SKIPPED.sub(lambda match: re.sub(r"[^\n]", " ", match.group()), text)


def closing(text, open_at):
    depth = 0
    for at in range(open_at, len(text)):
        depth += {"(": 1, ")": -1}.get(text[at], 0)
        if depth == 0:
            return at
    return -1


def sites(text):
    """(start, before, replacements, kind) for each place of a source text."""
    code = blank(text)
    for match in BINARY.finditer(code):
        yield match.start(), match.group(), OPERATORS[match.group()], "operator"
    for match in NEGATION.finditer(code):
        yield match.start(), "!", ("",), "negation"
    for match in CONSTANT.finditer(code):
        number = int(match.group())
        yield match.start(), match.group(), (str(number + 1),), "constant"
    for match in BOOLEAN.finditer(code):
        yield match.start(), match.group(), ("false" if match.group() == "true" else "true",), "constant"
    for match in STEP.finditer(code):
        yield match.start(), match.group(), ("--" if match.group() == "++" else "++",), "step"
    for match in JUMP.finditer(code):
        yield match.start(1), match.group(1), ("break" if match.group(1) == "continue" else "continue",), "jump"
    for match in STATEMENT.finditer(code):
        start = match.start() + len(match.group()) - len(match.group().lstrip())
        before = text[start:match.end()]
        if not re.match(r"[\w:<>,]+[&*]* [\w]+(\(| = |;)", before):  # that would be a declaration
            yield start, before, (";",), "statement removed"
    for match in CONDITION.finditer(code):
        end = closing(code, match.end() - 1)
        if end > 0 and ";" not in code[match.end():end]:
            before = text[match.end():end]
            yield match.end(), before, ("true", "false"), "condition"


def of_file(root, path):
    text = pathlib.Path(root, path).read_text()
    return [
        Mutant(path, text.count("\n", 0, start) + 1, start, before, after, kind)
        for start, before, replacements, kind in sites(text) for after in replacements
    ]


def sources(root):
    listed = subprocess.run(["git", "-C", root, "ls-files", *FOLDERS], check=True, capture_output=True, text=True)
    return [path for path in listed.stdout.split() if path.endswith((".cpp", ".h")) and
            str(pathlib.PurePath(path).parent) in FOLDERS]


def choose(root, count, seed):
    """`count` mutants, each equally likely. One that the seed chooses stays chosen when other lines change."""
    ranked, seen = [], collections.Counter()
    for path in sorted(sources(root)):
        lines = pathlib.Path(root, path).read_text().split("\n")
        for mutant in of_file(root, path):
            name = f"{seed}\0{path}\0{lines[mutant.line - 1].strip()}\0{mutant.before}\0{mutant.after}"
            seen[name] += 1
            ranked.append((hashlib.sha256(f"{name}\0{seen[name]}".encode()).digest(), mutant))
    ranked.sort(key=lambda entry: entry[0])
    return [mutant for _, mutant in ranked[:count]], len(ranked)

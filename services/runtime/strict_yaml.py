"""YAML as policy packs use it: no dates, no yes and no, no duplicate keys, and a line number for every value."""

import re
from dataclasses import dataclass, field
from typing import Final

import yaml

Path = tuple[str | int, ...]

_WHOLE: Final = re.compile(r"-?(0|[1-9]\d*)")
_DECIMAL: Final = re.compile(r"-?(0|[1-9]\d*)\.\d+")
_WORDS: Final[dict[str, object]] = {"true": True, "false": False, "null": None, "~": None, "": None}
_AMBIGUOUS: Final = frozenset({"yes", "no", "on", "off"})
_QUOTED: Final = frozenset("'\"|>")
_NODES_MAX: Final = 50_000


class YamlFault(ValueError):
    """The text isn't the strict YAML that packs are written in."""

    def __init__(self, line: int, says: str, remedy: str) -> None:
        super().__init__(f"line {line}: {says}; {remedy}")
        self.line, self.says, self.remedy = line, says, remedy


@dataclass(slots=True)
class Parsed:
    """A document and the line on which each of its values stands."""

    value: object
    lines: dict[Path, int] = field(default_factory=dict)

    def line(self, path: Path) -> int:
        """The line of a value, or of the nearest value around it."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


def parse(text: str) -> Parsed:
    """Read one document; raises YamlFault."""
    try:
        node = yaml.compose(text, Loader=_Nodes)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        raise YamlFault(mark.line + 1 if mark else 1, str(error.problem), "correct the YAML here") from error
    except yaml.YAMLError as error:
        raise YamlFault(1, str(error), "save the file as UTF-8 text") from error
    if node is None:
        raise YamlFault(1, "the file is empty", "write the document, or delete the file")
    reading = _Reading()
    return Parsed(reading.value(node, ()), reading.lines)


class _Nodes(yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader):  # type: ignore[misc]
    """Composes nodes only: which text is a number or a truth is decided below, not by YAML 1.1."""

    def descend_resolver(self, current_node: object, current_index: object) -> None:
        """Nothing is resolved by path."""

    def ascend_resolver(self) -> None:
        """Nothing is resolved by path."""

    def resolve(self, kind: object, value: object, implicit: object) -> str:  # noqa: ARG002 - the parser's signature
        return "tag:yaml.org,2002:str"


class _Reading:
    def __init__(self) -> None:
        self.lines: dict[Path, int] = {}
        self._nodes = 0

    def value(self, node: yaml.Node, path: Path) -> object:
        # An alias can unfold to more than any real pack has; the file must not decide how much memory we use.
        self._nodes += 1
        if self._nodes > _NODES_MAX:
            raise YamlFault(_line(node), "the document unfolds to too many values", "use fewer aliases")
        self.lines[path] = _line(node)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(child, (*path, index)) for index, child in enumerate(node.value)]
        return _scalar(node)

    def _mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, object]:
        found: dict[str, object] = {}
        for key_node, value_node in node.value:
            key = key_node.value
            if not isinstance(key, str):
                raise YamlFault(_line(key_node), "a key is not plain text", "write a word as the key")
            if key in found:
                raise YamlFault(_line(key_node), f"the key {key!r} stands twice", "keep one of the two")
            found[key] = self.value(value_node, (*path, key))
        return found


def _scalar(node: yaml.Node) -> object:
    assert isinstance(node, yaml.ScalarNode)
    said: str = node.value
    if node.style in _QUOTED:
        return said
    if said in _WORDS:
        return _WORDS[said]
    if said.lower() in _AMBIGUOUS:
        raise YamlFault(_line(node), f"{said!r} may mean a word or a truth", "write true or false, or put it in quotes")
    if _WHOLE.fullmatch(said):
        return int(said)
    return float(said) if _DECIMAL.fullmatch(said) else said


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1

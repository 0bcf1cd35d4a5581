"""How much one operation may ask for.

Strawberry's own limiters for depth and aliases visit a fragment once for each place that spreads it: thirty fragments
that each spread the next one twice keep them busy for minutes. Here each fragment is measured once.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    ValidationContext,
    ValidationRule,
    VariableNode,
    VisitorAction,
    get_named_type,
    get_nullable_type,
    is_list_type,
)

from graph.errors import bad_input
from graph.selection import Composite, composite, fragments_of
from resolvers.paging import DEFAULT_ROWS, MOST_ROWS

MOST_TOKENS = 5_000
MOST_LEVELS = 15
MOST_ALIASES = 100
MOST_NODES = 500_000
"""As at GitHub: a hundred sites with a hundred devices each, and all that is in them, still pass."""

ROWS_OF_A_LIST = 10
"""What a list without paging counts for: the slots of a device, say."""

LONG_LISTS = {"Command.targets": 100}
"""Lists without paging that are often longer: a command is about up to a thousand devices."""


@dataclass(frozen=True, slots=True)
class _Size:
    levels: int = 0
    aliases: int = 0


class SizeLimits(ValidationRule):
    """Levels of fields and number of aliases, fragments included each time that they are spread."""

    def __init__(self, context: ValidationContext) -> None:
        super().__init__(context)
        self._fragments = fragments_of(context.document)
        self._sizes: dict[str, _Size] = {}

    def enter_operation_definition(self, node: OperationDefinitionNode, *_: object) -> VisitorAction:
        """Each operation of the document by itself."""
        size = self._size(node.selection_set)
        if size.levels > MOST_LEVELS:
            self.report_error(bad_input(f"{size.levels} levels of fields; at most {MOST_LEVELS} are allowed"))
        if size.aliases > MOST_ALIASES:
            self.report_error(bad_input(f"{size.aliases} aliases; at most {MOST_ALIASES} are allowed"))
        return None

    def _size(self, selections: SelectionSetNode | None) -> _Size:
        levels = aliases = 0
        for selection in selections.selections if selections else ():
            size = self._size_of(selection)
            levels, aliases = max(levels, size.levels), aliases + size.aliases
        return _Size(levels, aliases)

    def _size_of(self, selection: SelectionNode) -> _Size:
        if isinstance(selection, FragmentSpreadNode):
            return self._size_of_fragment(selection.name.value)
        if isinstance(selection, InlineFragmentNode):
            return self._size(selection.selection_set)
        if not isinstance(selection, FieldNode) or selection.name.value.startswith("__"):
            return _Size()  # introspection is deep and cheap
        below = self._size(selection.selection_set)
        return _Size(below.levels + 1, below.aliases + (selection.alias is not None))

    def _size_of_fragment(self, name: str) -> _Size:
        if name not in self._sizes:
            self._sizes[name] = _Size()  # a fragment within itself is another rule's business
            fragment = self._fragments.get(name)
            self._sizes[name] = self._size(fragment.selection_set) if fragment else _Size()
        return self._sizes[name]


def count_nodes(
    document: DocumentNode,
    schema: GraphQLSchema,
    operation: OperationDefinitionNode,
    variables: Mapping[str, object],
) -> int:
    """The most objects that a valid operation can list: the rows of each list times those of the lists around it."""
    root = schema.get_root_type(operation.operation)
    known = {
        definition.variable.name.value: int(definition.default_value.value)
        for definition in operation.variable_definitions or ()
        if isinstance(definition.default_value, IntValueNode)
    } | dict(variables)
    return _Count(fragments_of(document), schema, known).below(operation.selection_set, root) if root else 0


class _Count:
    def __init__(
        self,
        fragments: Mapping[str, FragmentDefinitionNode],
        schema: GraphQLSchema,
        variables: Mapping[str, object],
    ) -> None:
        self._fragments = fragments
        self._schema = schema
        self._variables = variables
        self._counts: dict[str, int] = {}

    def below(self, selections: SelectionSetNode, parent: Composite) -> int:
        total = 0
        for selection in selections.selections:
            if isinstance(selection, FieldNode):
                total += self._field(selection, parent)
            elif isinstance(selection, FragmentSpreadNode):
                total += self._fragment(selection.name.value)
            elif isinstance(selection, InlineFragmentNode):
                condition = selection.type_condition
                narrowed = composite(self._schema.get_type(condition.name.value)) if condition else parent
                total += self.below(selection.selection_set, narrowed) if narrowed else 0
        return total

    def _field(self, node: FieldNode, parent: Composite) -> int:
        definition = self._schema.get_field(parent, node.name.value)
        type_ = composite(get_named_type(definition.type)) if definition else None
        if definition is None or type_ is None or node.selection_set is None or node.name.value.startswith("__"):
            return 0
        below = self.below(node.selection_set, type_)
        rows = self._rows(node, definition, parent)
        return below if rows is None else rows * (1 + below)

    def _rows(self, node: FieldNode, definition: GraphQLField, parent: Composite) -> int | None:
        """How many objects the field lists; None when it is no list, or one whose connection was counted."""
        given = {argument.name.value: argument.value for argument in node.arguments or ()}
        if "first" in definition.args:
            wished = self._number(given.get("first"), self._number(given.get("last"), DEFAULT_ROWS))
            return max(0, min(wished, MOST_ROWS))
        if not is_list_type(get_nullable_type(definition.type)) or "pageInfo" in getattr(parent, "fields", ()):
            return None
        if "ids" in given:
            return self._length(given["ids"])
        return LONG_LISTS.get(f"{parent.name}.{node.name.value}", ROWS_OF_A_LIST)

    def _number(self, value: object, otherwise: int) -> int:
        number = self._variables.get(value.name.value) if isinstance(value, VariableNode) else value
        if isinstance(number, IntValueNode):
            return int(number.value)
        return number if isinstance(number, int) else otherwise

    def _length(self, value: object) -> int:
        values = self._variables.get(value.name.value) if isinstance(value, VariableNode) else value
        if isinstance(values, ListValueNode):
            return len(values.values)
        return len(values) if isinstance(values, list) else 1

    def _fragment(self, name: str) -> int:
        if name not in self._counts:
            fragment = self._fragments[name]
            type_ = composite(self._schema.get_type(fragment.type_condition.name.value))
            self._counts[name] = self.below(fragment.selection_set, type_) if type_ else 0
        return self._counts[name]

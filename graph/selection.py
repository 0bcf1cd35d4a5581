"""What an operation selects, so that resolvers make only the vendor calls that it needs."""

from dataclasses import dataclass, field
from functools import lru_cache

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    InlineFragmentNode,
    SelectionSetNode,
    get_named_type,
    get_operation_ast,
)

Composite = GraphQLObjectType | GraphQLInterfaceType | GraphQLUnionType


@dataclass(frozen=True, slots=True)
class _Text:
    """A document by its text: two parses of one text select the same, and graphql-core's own hash walks all nodes."""

    body: str
    document: DocumentNode = field(compare=False)


def wants(document: DocumentNode, schema: GraphQLSchema, operation_name: str | None = None) -> frozenset[str]:
    """The schema coordinates, such as `Slot.status`, that a valid operation selects, `@skip` and `@include` ignored."""
    if document.loc is None:
        return _selected(document, schema, operation_name)
    return _remembered(_Text(document.loc.source.body, document), schema, operation_name)


@lru_cache(maxsize=512)
def _remembered(text: _Text, schema: GraphQLSchema, operation_name: str | None) -> frozenset[str]:
    return _selected(text.document, schema, operation_name)


def _selected(document: DocumentNode, schema: GraphQLSchema, operation_name: str | None) -> frozenset[str]:
    operation = get_operation_ast(document, operation_name)
    root = schema.get_root_type(operation.operation) if operation else None
    if operation is None or root is None:
        return frozenset()
    walk = _Walk(document, schema)
    walk.visit(operation.selection_set, root)
    return frozenset(walk.coordinates)


def composite(type_: object) -> Composite | None:
    """The type, if it has fields to select."""
    return type_ if isinstance(type_, Composite) else None


class _Walk:
    def __init__(self, document: DocumentNode, schema: GraphQLSchema) -> None:
        self.coordinates: set[str] = set()
        self._schema = schema
        self._fragments = fragments_of(document)
        self._visited: set[str] = set()

    def visit(self, selections: SelectionSetNode, parent: Composite) -> None:
        for selection in selections.selections:
            if isinstance(selection, FieldNode):
                self._field(selection, parent)
            elif isinstance(selection, FragmentSpreadNode):
                self._spread(selection.name.value)
            elif isinstance(selection, InlineFragmentNode):
                condition = selection.type_condition
                narrowed = composite(self._schema.get_type(condition.name.value)) if condition else parent
                if narrowed:
                    self.visit(selection.selection_set, narrowed)

    def _field(self, node: FieldNode, parent: Composite) -> None:
        definition = self._schema.get_field(parent, node.name.value)
        if definition is None:
            return
        self.coordinates.add(f"{parent.name}.{node.name.value}")
        below = composite(get_named_type(definition.type))
        if node.selection_set and below:
            self.visit(node.selection_set, below)

    def _spread(self, name: str) -> None:
        """Each fragment has one type and is looked at once."""
        fragment = self._fragments.get(name)
        if fragment is None or name in self._visited:
            return
        self._visited.add(name)
        type_ = composite(self._schema.get_type(fragment.type_condition.name.value))
        if type_:
            self.visit(fragment.selection_set, type_)


def fragments_of(document: DocumentNode) -> dict[str, FragmentDefinitionNode]:
    """The fragments of a document by name."""
    return {node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)}

"""What is wrong with the units of a condition once names and values are known, in DynamoDB's order.

A unit (a comparison, a BETWEEN, an IN, a function) is checked whole before the next: undefined names and values as they
stand, numbers of operands, operands that must differ, types of operands (dynalite conditionParser; conformance suite).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tailrace.dynamodb.compare import less
from tailrace.dynamodb.errors import Malformed
from tailrace.dynamodb.expression.condition import FUNCTIONS
from tailrace.dynamodb.expression.node import (
    BetweenNode,
    ComparisonNode,
    FunctionNode,
    InNode,
    Operand,
    Path,
    PathNode,
    Unit,
    ValueNode,
    path_text,
)
from tailrace.dynamodb.expression.path import Names, aliases, resolve, undefined_name, undefined_value
from tailrace.dynamodb.value import Value, type_of

Values = Mapping[str, Value]
Rule = Callable[[Values], str | None]  # answers what is wrong with the types of the operands

ORDERED = ("S", "N", "B")
_IN_OPERANDS_MAX = 100
_TYPE_NAMES = frozenset(("B", "NULL", "SS", "BOOL", "L", "BS", "N", "NS", "S", "M"))


@dataclass(frozen=True, slots=True)
class UnitCheck:
    """A unit bound to names: the values it needs in order, up to a fault that needs no values, and its type rules."""

    needs: tuple[str, ...]
    fault: str | None
    rules: tuple[Rule, ...]

    def run(self, values: Values) -> None:
        """Check the unit against the values of a request. Raises Malformed."""
        for placeholder in self.needs:
            if placeholder not in values:
                raise Malformed(undefined_value(placeholder))
        if self.fault is not None:
            raise Malformed(self.fault)
        for rule in self.rules:
            fault = rule(values)
            if fault is not None:
                raise Malformed(fault)


def bind_check(unit: Unit, names: Names) -> UnitCheck:
    """Answer the check of a unit under a request's ExpressionAttributeNames."""
    needs: list[str] = []
    fault = _undefined(unit, names, needs)
    rules: list[Rule] = []
    if fault is None:
        fault = _miscounted(unit) or _indistinct(unit, names)
    if fault is None:
        _add_rules(unit, rules)
    return UnitCheck(tuple(needs), fault, tuple(rules))


def operands_of(unit: Unit | Operand) -> tuple[Operand, ...]:
    """Answer the operands of a unit or a function."""
    if isinstance(unit, FunctionNode):
        return unit.arguments
    return unit.operands if isinstance(unit, ComparisonNode | BetweenNode | InNode) else ()


def _undefined(unit: Unit | Operand, names: Names, needs: list[str]) -> str | None:
    for operand in operands_of(unit):
        if isinstance(operand, ValueNode):
            needs.append(operand.name)
        elif isinstance(operand, PathNode):
            for alias in aliases(operand.parts):
                if alias not in names:
                    return undefined_name(alias)
        else:
            fault = _undefined(operand, names, needs)
            if fault is not None:
                return fault
    return None


def _miscounted(unit: Unit | Operand) -> str | None:
    for operand in operands_of(unit):
        fault = _miscounted(operand)
        if fault is not None:
            return fault
    if isinstance(unit, FunctionNode) and len(unit.arguments) != FUNCTIONS.get(unit.name, -1):
        return (
            "Incorrect number of operands for operator or function; "
            f"operator or function: {unit.name}, number of operands: {len(unit.arguments)}"
        )
    if isinstance(unit, InNode) and len(unit.operands) - 1 > _IN_OPERANDS_MAX:
        return f"The IN operator is provided with too many operands; number of operands: {len(unit.operands) - 1}"
    return None


def _indistinct(unit: Unit | Operand, names: Names) -> str | None:
    for operand in operands_of(unit):
        fault = _indistinct(operand, names)
        if fault is not None:
            return fault
    operator = (
        unit.operator if isinstance(unit, ComparisonNode) else unit.name if isinstance(unit, FunctionNode) else ""
    )
    paths = [_resolved(operand, names) for operand in operands_of(unit)] if operator else []
    if len(paths) == 2 and paths[0] is not None and paths[0] == paths[1]:
        return (
            "The first operand must be distinct from the remaining operands for this operator or function; "
            f"operator: {operator}, first operand: {path_text(paths[0])}"
        )
    return None


def _resolved(operand: Operand, names: Names) -> Path | None:
    return resolve(operand.parts, names) if isinstance(operand, PathNode) else None


def _add_rules(unit: Unit | Operand, rules: list[Rule]) -> None:
    for operand in operands_of(unit):
        _add_rules(operand, rules)
    if isinstance(unit, FunctionNode):
        add = _FUNCTION_RULES.get(unit.name)
        if add is not None:
            add(unit, rules)
    elif isinstance(unit, BetweenNode):
        for operand in unit.operands:
            rules.append(_type_rule("BETWEEN", operand, ORDERED))
        rules.append(_bounds_rule(unit))
    elif isinstance(unit, ComparisonNode) and unit.operator not in ("=", "<>"):
        for operand in unit.operands:
            rules.append(_type_rule(unit.operator, operand, ORDERED))


def _needs_path(unit: FunctionNode, rules: list[Rule]) -> None:
    if not isinstance(unit.arguments[0], PathNode):
        fault = f"Operator or function requires a document path; operator or function: {unit.name}"
        rules.append(lambda values: fault)


def _begins_rules(unit: FunctionNode, rules: list[Rule]) -> None:
    for argument in unit.arguments:
        rules.append(_type_rule(unit.name, argument, ("S", "B")))


def _size_rules(unit: FunctionNode, rules: list[Rule]) -> None:
    rules.append(_type_rule("size", unit.arguments[0], ("S", "B", "SS", "NS", "BS", "L", "M")))


def _type_name_rules(unit: FunctionNode, rules: list[Rule]) -> None:
    argument = unit.arguments[1]
    if isinstance(argument, PathNode):
        fault = _wrong_type(unit.name, "{NS,SS,L,BS,N,M,B,BOOL,NULL,S}")
        rules.append(lambda values: fault)
        return
    rules.append(_type_rule(unit.name, argument, ("S",)))

    def known(values: Values) -> str | None:
        name = values[argument.name]["S"]
        if name in _TYPE_NAMES:
            return None
        valid = "B,NULL,SS,BOOL,L,BS,N,NS,S,M"
        return f"Invalid attribute type name found; type: {name}, valid types: {{{valid}}}"

    if isinstance(argument, ValueNode):
        rules.append(known)


_FUNCTION_RULES: dict[str, Callable[[FunctionNode, list[Rule]], None]] = {
    "attribute_exists": _needs_path,
    "attribute_not_exists": _needs_path,
    "attribute_type": _type_name_rules,
    "begins_with": _begins_rules,
    "size": _size_rules,
}


def _type_rule(operator: str, operand: Operand, allowed: tuple[str, ...]) -> Rule:
    """Answer the rule that a literal operand, or the number that size() gives, is of one of the allowed types."""

    def rule(values: Values) -> str | None:
        if isinstance(operand, ValueNode):
            kind = type_of(values[operand.name])
        elif isinstance(operand, FunctionNode) and operand.name == "size":
            kind = "N"
        else:
            return None
        return None if kind in allowed else _wrong_type(operator, kind)

    return rule


def _bounds_rule(unit: BetweenNode) -> Rule:
    """Answer the rule that the bounds of a BETWEEN, where both are literals, are of one type and in order."""
    _, low, high = unit.operands

    def rule(values: Values) -> str | None:
        if not isinstance(low, ValueNode) or not isinstance(high, ValueNode):
            return None
        lower, upper = values[low.name], values[high.name]
        kinds = type_of(lower), type_of(upper)
        shown = (
            f"lower bound operand: AttributeValue: {{{kinds[0]}:{lower[kinds[0]]}}}, "
            f"upper bound operand: AttributeValue: {{{kinds[1]}:{upper[kinds[1]]}}}"
        )
        if kinds[0] != kinds[1]:
            return f"The BETWEEN operator requires same data type for lower and upper bounds; {shown}"
        if less(upper, lower):
            return f"The BETWEEN operator requires upper bound to be greater than or equal to lower bound; {shown}"
        return None

    return rule


def _wrong_type(operator: str, kind: str) -> str:
    return f"Incorrect operand type for operator or function; operator or function: {operator}, operand type: {kind}"

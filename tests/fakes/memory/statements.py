"""Built statements (``select``, ``insert``, ``update``, ``delete``) on the database in memory.

Each shape of statement is turned into a small closure once; later ones of the same shape bring only their values.
Shapes that the services don't use raise, so that nothing is guessed.
"""

# ruff: noqa: ARG005 - every reading is called with a row and with values, whether it needs them or not.

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import Column, Table
from sqlalchemy.dialects.postgresql.dml import OnConflictDoNothing, OnConflictDoUpdate
from sqlalchemy.sql import operators
from sqlalchemy.sql.dml import Delete, Insert, Update
from sqlalchemy.sql.elements import (
    AsBoolean,
    BinaryExpression,
    BindParameter,
    BooleanClauseList,
    Cast,
    ClauseElement,
    False_,
    Grouping,
    Null,
    True_,
    UnaryExpression,
)
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.selectable import Join, Select

from tests.fakes.memory.database import Row, Session

Env = Mapping[str, Row | None]
Values = list[Any]
Reading = Callable[[Env, Values], Any]
Plan = Callable[[Session, Values], tuple[list[Row], int]]
PLANS: dict[Any, Plan] = {}


def run(session: Session, statement: Any, parameters: Any) -> tuple[list[Row], int]:  # noqa: ANN401 - any statement
    """Return the rows and the row count of one statement."""
    assert not parameters, "built statements carry their own values"
    shape = statement._generate_cache_key()
    plan = PLANS.get(shape.key)
    if plan is None:
        plan = PLANS[shape.key] = Planner([bind.key for bind in shape.bindparams]).plan(statement)
    return plan(session, [bind.effective_value for bind in shape.bindparams])


class Planner:
    """Turns one shape of statement into a closure."""

    def __init__(self, binds: Sequence[str]) -> None:
        self._at = {key: at for at, key in enumerate(binds)}

    def plan(self, statement: Any) -> Plan:  # noqa: ANN401 - any statement
        if isinstance(statement, Select):
            return self._select(statement)
        if isinstance(statement, Insert):
            return self._insert(statement)
        if isinstance(statement, Update):
            return self._update(statement)
        assert isinstance(statement, Delete), statement
        return self._delete(statement)

    # Reading.
    def _select(self, statement: Select[Any]) -> Plan:
        sources = self._sources(statement)
        where = self._where(statement.whereclause)
        ordering = [self._order(clause) for clause in statement._order_by_clauses]
        columns = [(getattr(c, "name", None) or f"column_{at}", c) for at, c in enumerate(statement.selected_columns)]
        counts = any(isinstance(column, FunctionElement) and column.name == "count" for _, column in columns)
        readings = [] if counts else [(name, self.read(column)) for name, column in columns]
        locked = statement.get_final_froms()[0] if statement._for_update_arg is not None else None

        def does(session: Session, values: Values) -> tuple[list[Row], int]:
            found = [env for env in sources(session, values) if where(env, values)]
            if counts:
                return [{"count": len(found)}], 1
            for read, descending in reversed(ordering):
                found.sort(key=lambda env: read(env, values), reverse=descending)
            if isinstance(locked, Table):
                for env in found:
                    row = env[locked.name]
                    assert row is not None
                    session.lock_row(locked.name, session.key_of(locked.name, row))
            rows = [{name: read(env, values) for name, read in readings} for env in found]
            return rows, len(rows)

        return does

    def _order(self, clause: Any) -> tuple[Reading, bool]:  # noqa: ANN401 - an expression
        if isinstance(clause, UnaryExpression) and clause.modifier is operators.desc_op:
            return self.read(clause.element), True
        return self.read(clause), False

    def _sources(self, statement: Select[Any]) -> Callable[[Session, Values], list[Env]]:
        (source,) = statement.get_final_froms()
        if isinstance(source, Table):
            name = source.name
            return lambda session, values: [{name: row} for row in session.rows(name)]
        assert isinstance(source, Join), source
        assert isinstance(source.left, Table)
        assert isinstance(source.right, Table)
        left, right, outer, on = source.left.name, source.right.name, source.isouter, self._where(source.onclause)

        def joined(session: Session, values: Values) -> list[Env]:
            found: list[Env] = []
            for one in session.rows(left):
                pairs: list[Env] = [{left: one, right: other} for other in session.rows(right)]
                matching = [env for env in pairs if on(env, values)]
                alone: Env = {left: one, right: None}
                found += matching or ([alone] if outer else [])
            return found

        return joined

    # Writing.
    def _insert(self, statement: Insert) -> Plan:
        table = statement.table
        assert isinstance(table, Table)
        assert statement._values is not None, statement
        given = {name_of(column): self.read(value) for column, value in statement._values.items()}
        rest = {c.name: default_of(c) for c in table.columns if c.name not in given}
        conflict = getattr(statement, "_post_values_clause", None)
        changed: dict[str, Reading] = {}
        if isinstance(conflict, OnConflictDoUpdate):
            pairs = dict(conflict.update_values_to_set)
            changed = {name_of(column): self.read(value) for column, value in pairs.items()}

        def does(session: Session, values: Values) -> tuple[list[Row], int]:
            row = {name: make(session) for name, make in rest.items()}
            row |= {name: read({}, values) for name, read in given.items()}
            if session.insert(table.name, row):
                return [], 1
            if isinstance(conflict, OnConflictDoNothing):
                return [], 0
            assert isinstance(conflict, OnConflictDoUpdate), f"duplicate key in {table.name}: {row}"
            key = session.key_of(table.name, row)
            session.lock_row(table.name, key)
            before = session.get(table.name, key)
            assert before is not None
            env = {table.name: before, "excluded": row}
            session.put(table.name, before | {name: read(env, values) for name, read in changed.items()})
            return [], 1

        return does

    def _update(self, statement: Update) -> Plan:
        table = statement.table
        assert isinstance(table, Table)
        assert statement._values is not None
        where = self._where(statement.whereclause)
        given = {name_of(column): self.read(value) for column, value in statement._values.items()}

        def does(session: Session, values: Values) -> tuple[list[Row], int]:
            found = [row for row in session.rows(table.name) if where({table.name: row}, values)]
            for row in found:
                env = {table.name: row}
                session.put(table.name, row | {name: read(env, values) for name, read in given.items()})
            return [], len(found)

        return does

    def _delete(self, statement: Delete) -> Plan:
        table = statement.table
        assert isinstance(table, Table)
        where = self._where(statement.whereclause)

        def does(session: Session, values: Values) -> tuple[list[Row], int]:
            found = [row for row in session.rows(table.name) if where({table.name: row}, values)]
            for row in found:
                session.remove(table.name, session.key_of(table.name, row))
            return [], len(found)

        return does

    # Expressions; NULL makes every comparison untrue.
    def _where(self, clause: Any) -> Reading:  # noqa: ANN401 - an expression
        return (lambda env, values: True) if clause is None else self.read(clause)

    def read(self, clause: Any) -> Reading:  # noqa: ANN401, C901, PLR0911 - one line per kind of expression
        """Return what evaluates an expression on a row."""
        match clause:
            case Column():
                table, name = clause.table.name, clause.name
                return lambda env, values: None if (row := env[table]) is None else row[name]
            case BindParameter():
                at = self._at[clause.key]
                return lambda env, values: values[at]
            case Null():
                return lambda env, values: None
            case True_():
                return lambda env, values: True
            case False_():
                return lambda env, values: False
            case Grouping() | Cast():
                inner = clause.element if isinstance(clause, Grouping) else clause.clause
                return self.read(inner)
            case BooleanClauseList():
                parts = [self.read(part) for part in clause.clauses]
                test = all if clause.operator is operators.and_ else any
                return lambda env, values: test(part(env, values) for part in parts)
            case AsBoolean() | UnaryExpression():
                part = self.read(clause.element)
                negative = clause.operator in {operators.inv, operators.is_false}
                return lambda env, values: (not part(env, values)) if negative else part(env, values)
            case BinaryExpression():
                return self._binary(clause)
            case FunctionElement() if clause.name == "greatest":
                parts = [self.read(part) for part in clause.clauses]
                return lambda env, values: max(part(env, values) for part in parts)
            case ClauseElement():
                raise NotImplementedError(f"{type(clause).__name__}: {clause}")
            case _:
                return lambda env, values: clause

    def _binary(self, clause: BinaryExpression[Any]) -> Reading:
        left, right, compare = self.read(clause.left), self.read(clause.right), clause.operator
        if compare is operators.is_:
            return lambda env, values: left(env, values) is right(env, values)
        if compare is operators.is_not:
            return lambda env, values: left(env, values) is not right(env, values)
        if compare is operators.in_op:
            return lambda env, values: left(env, values) in right(env, values)
        if str(compare) in {"->", "->>"} or getattr(compare, "opstring", "") in {"->", "->>"}:
            return lambda env, values: left(env, values)[right(env, values)]
        if compare is operators.json_getitem_op:
            return lambda env, values: left(env, values)[right(env, values)]
        assert compare in COMPARISONS, clause

        def does(env: Env, values: Values) -> bool:
            one, other = left(env, values), right(env, values)
            return one is not None and other is not None and bool(compare(one, other))

        return does


COMPARISONS = {operator.eq, operator.ne, operator.lt, operator.le, operator.gt, operator.ge}


def default_of(column: Column[Any]) -> Callable[[Session], Any]:
    """Return what a column gets that an insert doesn't name."""
    if column.identity is not None:
        return lambda session: session.database.next_id(f"{column.table.name}.{column.name}")
    default = column.server_default
    if default is None:
        return lambda session: None
    told = str(getattr(default, "arg", ""))
    if told in {"''", "0"}:
        return lambda session: "" if told == "''" else 0
    return lambda session: session.database.clock()


def name_of(column: Any) -> str:  # noqa: ANN401 - a column, or its name
    """Return the name of a column that a statement writes."""
    return str(getattr(column, "key", column))

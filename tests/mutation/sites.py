# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds the places of a translation unit that can be mutated, by rule, with libclang.

Operators (a mutant is one operator at one place):
  condition   the condition of if, while, for or ?: is inverted
  bound       a relation moves by one: < and <=, > and >=
  equality    == and != are exchanged
  logic       && and || are exchanged
  arithmetic  + and - exchanged, operands of - and / swapped, * and / exchanged, % becomes *, << and >>, & and | exchanged
  statement   a call, an assignment, an increment, break, continue or return without a value is dropped
  result      a returned truth value is inverted, a returned number is one more

Left out: what the compiler evaluates (static_assert, case labels, enumerators, constexpr), and everything inside a macro's expansion
(assert, the tests' own macros): a mutant there would be one of the macro.
"""
import re
from dataclasses import dataclass, field

import clang.cindex
from clang.cindex import CursorKind as Kind
from clang.cindex import TypeKind

BOUND = {"<": "<=", "<=": "<", ">": ">=", ">=": ">"}
EQUALITY = {"==": "!=", "!=": "=="}
LOGIC = {"&&": "||", "||": "&&"}
ARITHMETIC = {"+": "-", "*": "/", "%": "*", "<<": ">>", ">>": "<<", "&": "|", "|": "&"}
SWAPPED = {"-", "/"}

FUNCTIONS = {Kind.FUNCTION_DECL, Kind.CXX_METHOD, Kind.CONSTRUCTOR, Kind.DESTRUCTOR, Kind.FUNCTION_TEMPLATE,
             Kind.CONVERSION_FUNCTION, Kind.LAMBDA_EXPR}
DROPPED = {Kind.CALL_EXPR, Kind.COMPOUND_ASSIGNMENT_OPERATOR, Kind.BREAK_STMT, Kind.CONTINUE_STMT, Kind.UNEXPOSED_EXPR,
           Kind.CXX_DELETE_EXPR}
CONSTANT = {Kind.STATIC_ASSERT, Kind.ENUM_DECL, Kind.TEMPLATE_NON_TYPE_PARAMETER}
INTEGERS = {TypeKind.CHAR_U, TypeKind.UCHAR, TypeKind.USHORT, TypeKind.UINT, TypeKind.ULONG, TypeKind.ULONGLONG, TypeKind.CHAR_S,
            TypeKind.SCHAR, TypeKind.SHORT, TypeKind.INT, TypeKind.LONG, TypeKind.LONGLONG, TypeKind.UINT128, TypeKind.INT128}
NUMBERS = INTEGERS | {TypeKind.FLOAT, TypeKind.DOUBLE, TypeKind.LONGDOUBLE}


@dataclass
class Site:
    """One mutant's place: bytes [begin, end) of `path`."""
    path: str
    begin: int
    end: int
    line: int
    operator: str
    change: str                 # for people: "< -> <="
    shape: str                  # how it is written: wrap, binary, drop
    parts: tuple = ()           # binary: (begin, end) of either operand
    new: str = ""               # binary: the mutated operator, or "swap"
    number: int = 0
    key: str = field(default="")


def canonical(cursor):
    return cursor.type.get_canonical().kind


class Finder:
    """Collects the sites of those files of a translation unit that `wanted` maps to their bytes."""

    def __init__(self, wanted):
        self.wanted = wanted
        self.sites = []
        self.macros = {}

    def find(self, unit):
        for cursor in unit.cursor.get_children():
            file = cursor.location.file
            if file is None or file.name not in self.wanted:
                continue
            if cursor.kind == Kind.MACRO_INSTANTIATION:
                begin, end = cursor.extent.start.offset, cursor.extent.end.offset
                self.macros.setdefault(file.name, []).append((begin, end))
        for cursor in unit.cursor.get_children():
            file = cursor.location.file
            if file is not None and file.name in self.wanted and cursor.kind.is_declaration():
                self.declaration(cursor)
        return self.sites

    # --- the walk ---

    def declaration(self, cursor):
        if cursor.kind in CONSTANT:
            return
        for child in cursor.get_children():
            if child.kind == Kind.COMPOUND_STMT and cursor.kind in FUNCTIONS:
                self.statement(child)
            elif cursor.kind == Kind.CONSTRUCTOR and child.kind.is_expression():
                self.expression(child)
            elif child.kind.is_declaration():
                self.declaration(child)

    def statement(self, cursor):
        children = list(cursor.get_children())
        kind = cursor.kind
        if kind in CONSTANT:
            return
        if kind == Kind.IF_STMT:
            if re.match(rb"if\s*(constexpr|consteval)", self.text(cursor)):
                for child in children[1:]:
                    self.body(child)
                return
            self.condition(children[0])
            for child in children[1:]:
                self.body(child) if not child.kind.is_expression() or child != children[0] else None
            return
        if kind == Kind.WHILE_STMT and len(children) == 2:
            self.condition(children[0])
            self.body(children[1])
            return
        if kind == Kind.FOR_STMT:
            for child in children[:-1]:
                self.any(child)
            self.body(children[-1])
            return
        if kind == Kind.CXX_FOR_RANGE_STMT:
            for child in children[:-1]:
                self.any(child)
            self.body(children[-1])
            return
        if kind == Kind.CASE_STMT:
            for child in children[1:]:
                self.body(child)
            return
        if kind == Kind.DEFAULT_STMT:
            for child in children:
                self.body(child)
            return
        if kind == Kind.COMPOUND_STMT:
            for child in children:
                self.body(child)
            return
        if kind == Kind.RETURN_STMT:
            for child in children:
                self.result(child)
                self.any(child)
            return
        for child in children:
            self.any(child)

    def body(self, cursor):
        """A statement that stands by itself: it can be dropped."""
        if self.droppable(cursor):
            end = self.semicolon(cursor)
            if end is not None:
                self.add(cursor, "statement", "dropped", "drop", end=end)
        self.any(cursor)

    def any(self, cursor):
        if cursor.kind.is_expression():
            self.expression(cursor)
        elif cursor.kind.is_declaration() or cursor.kind == Kind.DECL_STMT:
            self.local(cursor)
        else:
            self.statement(cursor)

    def local(self, cursor):
        if cursor.kind in CONSTANT or re.match(rb"\s*(static\s+)?constexpr\b", self.text(cursor)):
            return
        for child in cursor.get_children():
            self.any(child)

    def expression(self, cursor):
        if cursor.kind == Kind.LAMBDA_EXPR:
            for child in cursor.get_children():
                if child.kind == Kind.COMPOUND_STMT:
                    self.statement(child)
            return
        children = list(cursor.get_children())
        if cursor.kind == Kind.BINARY_OPERATOR and len(children) == 2:
            self.binary(cursor, *children)
        if cursor.kind == Kind.CONDITIONAL_OPERATOR and len(children) == 3:
            self.condition(children[0])
            children = children[1:]
        for child in children:
            self.any(child)

    # --- the rules ---

    def condition(self, cursor):
        if cursor.kind.is_expression():
            operator = self.operator_of(cursor)
            if operator not in EQUALITY:
                self.add(cursor, "condition", "inverted", "wrap", new="(GOXEL_MUTANT({n}) != static_cast<bool>({text}))")
        self.any(cursor)

    def binary(self, cursor, left, right):
        operator = self.operator_of(cursor)
        kinds = {canonical(left), canonical(right)}
        for name, table in (("bound", BOUND), ("equality", EQUALITY), ("logic", LOGIC)):
            if operator in table:
                self.add_binary(cursor, left, right, name, operator, table[operator])
        if operator in ARITHMETIC and (kinds <= NUMBERS or operator == "+"):
            self.add_binary(cursor, left, right, "arithmetic", operator, ARITHMETIC[operator])
        if operator in SWAPPED and kinds <= NUMBERS:
            self.add_binary(cursor, left, right, "arithmetic", operator, "swap")

    def result(self, cursor):
        kind = canonical(cursor)
        if kind == TypeKind.BOOL:
            self.add(cursor, "result", "inverted", "wrap", new="(GOXEL_MUTANT({n}) != static_cast<bool>({text}))")
        elif kind in INTEGERS:
            self.add(cursor, "result", "one more", "wrap", new="(({text}) + (GOXEL_MUTANT({n}) ? 1 : 0))")

    def droppable(self, cursor):
        if cursor.kind in DROPPED:
            return True
        if cursor.kind == Kind.RETURN_STMT:
            return not list(cursor.get_children())
        if cursor.kind == Kind.BINARY_OPERATOR:
            return self.operator_of(cursor) == "="
        if cursor.kind == Kind.UNARY_OPERATOR:
            return re.match(rb"\+\+|--|.*(\+\+|--)$", self.text(cursor), re.S) is not None
        return False

    # --- text ---

    def text(self, cursor):
        extent = cursor.extent
        if extent.start.file is None or extent.start.file.name not in self.wanted:
            return b""
        return self.wanted[extent.start.file.name][extent.start.offset:extent.end.offset]

    def operator_of(self, cursor):
        children = list(cursor.get_children())
        if cursor.kind != Kind.BINARY_OPERATOR or len(children) != 2:
            return None
        left, right = (child.extent for child in children)
        if left.start.file is None or left.start.file.name not in self.wanted:
            return None
        between = self.wanted[left.start.file.name][left.end.offset:right.start.offset]
        return re.sub(rb"//[^\n]*|/\*.*?\*/|\s", b"", between, flags=re.S).decode(errors="replace")

    def semicolon(self, cursor):
        source = self.wanted[cursor.extent.start.file.name] if self.text(cursor) else b""
        match = re.compile(rb"\s*;").match(source, cursor.extent.end.offset)
        return match.end() if match else None

    def in_macro(self, path, begin, end):
        source = self.wanted[path]
        for first, last in self.macros.get(path, ()):
            if first < end and begin < last:
                function_like = source[first:last].endswith(b")")
                if function_like or (first <= begin and end <= last):
                    return True
        return False

    def add_binary(self, cursor, left, right, name, operator, new):
        parts = tuple((child.extent.start.offset, child.extent.end.offset) for child in (left, right))
        self.add(cursor, name, f"{operator} -> {new}" if new != "swap" else f"operands of {operator} swapped", "binary", parts=parts, new=new)

    def add(self, cursor, operator, change, shape, end=None, parts=(), new=""):
        start = cursor.extent.start
        if not self.text(cursor):
            return
        path, begin, end = start.file.name, start.offset, end or cursor.extent.end.offset
        if b'R"' in self.wanted[path][begin:end] and shape == "binary" or self.in_macro(path, begin, end):
            return
        self.sites.append(Site(path, begin, end, start.line, operator, change, shape, parts, new))


def sites_of(source, arguments, wanted):
    """Sites of the files in `wanted` (path -> bytes) as the translation unit `source` sees them, and its errors."""
    options = clang.cindex.TranslationUnit.PARSE_DETAILED_PROCESSING_RECORD
    unit = clang.cindex.Index.create().parse(source, args=arguments, options=options)
    errors = [str(each) for each in unit.diagnostics if each.severity >= clang.cindex.Diagnostic.Error]
    return Finder(wanted).find(unit), errors

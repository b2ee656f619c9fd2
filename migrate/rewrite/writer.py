"""Apply a plan's edits to a libcst module."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import libcst as cst

from migrate.rewrite import lens
from migrate.rewrite.comments import as_lines, comments, lost
from migrate.rewrite.edits import ClassEdit, Edits, Piece, Suite, Template
from migrate.rewrite.layout import width_of, wrapped


class Mismatch(Exception):
    """The two trees of one source do not fit together: a fault of this tool."""


@dataclass
class Writer:
    """One module being written; `spine` holds every node on the way to an edit."""

    module: cst.Module
    edits: Edits
    parent: dict[ast.AST, ast.AST]
    width: int
    spine: set[ast.AST] = field(default_factory=set)
    homes: dict[ast.AST, Any] = field(default_factory=dict)
    orphans: list[cst.EmptyLine] = field(default_factory=list)

    def run(self, tree: ast.Module) -> cst.Module:
        """The module with all edits applied."""
        for node in self._targets():
            current: ast.AST | None = node
            while current is not None and current not in self.spine:
                self.spine.add(current)
                current = self.parent.get(current)
        self._locate_block(tree.body, self.module.body)
        body = self._block(tree.body, self.module.body, "")
        return self.module.with_changes(body=body)

    def _targets(self) -> list[ast.AST]:
        edits = self.edits
        groups: tuple[Any, ...] = (
            *(edits.expressions, edits.statements, edits.before, edits.arguments),
            *(edits.added, edits.parameters, edits.classes, edits.decorators),
        )
        return [node for group in groups for node in group] + self._holes()

    def _holes(self) -> list[ast.AST]:
        found: list[ast.AST] = []
        for piece in self._pieces():
            _gather(piece, found)
        return found

    def _pieces(self) -> list[Piece]:
        edits = self.edits
        pieces: list[Piece] = [*edits.expressions.values()]
        for group in (*edits.statements.values(), *edits.before.values()):
            pieces += group
        for arguments in edits.arguments.values():
            pieces += [piece for new in arguments.values() for _, piece in new]
        for added in edits.added.values():
            pieces += [piece for _, piece in added]
        for parameters in edits.parameters.values():
            pieces += [piece for new in parameters.values() for piece in new]
        for change in edits.classes.values():
            pieces += [*change.method.parameters, *change.method.pieces()]
        return pieces

    # Where each node of the spine stands in the original libcst tree.

    def _locate_block(self, statements: Sequence[ast.stmt], body: Any) -> None:
        for statement, (line, position) in zip(statements, _places(body), strict=True):
            if statement in self.spine:
                small = line.body[position] if position is not None else line
                self.homes[statement] = small
                self._locate_below(statement, small)

    def _locate_below(self, node: ast.AST, tree: Any) -> None:
        for child, path in lens.expressions(node, tree):
            if child in self.spine:
                self.homes[child] = lens.get(tree, path)
                self._locate_below(child, self.homes[child])
        for block, path in lens.blocks(node, tree):
            suite = lens.get(tree, path)
            self._locate_block(block, [suite] if isinstance(suite, cst.If) else suite.body)

    # Statements.

    def _block(self, statements: Sequence[ast.stmt], body: Any, indent: str) -> list[Any]:
        groups: list[tuple[Any, list[ast.stmt]]] = []
        for statement, (line, _) in zip(statements, _places(body), strict=True):
            if groups and groups[-1][0] is line:
                groups[-1][1].append(statement)
            else:
                groups.append((line, [statement]))
        written: list[Any] = []
        carried: list[cst.EmptyLine] = []
        for line, group in groups:
            new = self._line(line, group, indent) if any(s in self.spine for s in group) else [line]
            if not new:
                carried += _leading(line)
                continue
            if carried:
                new[0] = new[0].with_changes(leading_lines=_joined(carried, new[0].leading_lines))
                carried = []
            written += new
        if carried and any(entry.comment for entry in carried):
            self.orphans = carried
        return written

    def _line(self, line: Any, group: list[ast.stmt], indent: str) -> list[Any]:
        if not isinstance(line, cst.SimpleStatementLine):
            return self._compound(line, group[0], indent)
        edited = [s for s in group if s in self.edits.statements or s in self.edits.before]
        if edited and len(group) > 1:
            raise Mismatch("several statements on one line")
        if not edited:
            small = [
                self._tree(s) if s in self.spine else part for s, part in zip(group, line.body, strict=True)
            ]
            changed = line.with_changes(body=small)
            return [self._relaid(line, changed, indent, self._moved(group))]
        statement = group[0]
        texts = [self.text(piece) for piece in self.edits.before.get(statement, [])]
        if statement in self.edits.statements:
            texts += [self.text(piece) for piece in self.edits.statements[statement]]
            return self._replaced(line, texts, indent, None)
        own = line.with_changes(body=[self._tree(statement)])
        return self._replaced(line, texts, indent, own)

    def _moved(self, group: list[ast.stmt]) -> list[str]:
        """The comments that go to `__init__` with the layers built in these statements."""
        origins = {o for change in self.edits.classes.values() for o in change.method.origins()}
        inside = [node for statement in group for node in ast.walk(statement) if node in origins]
        return [text for node in inside for text in comments(self.homes[node])]

    def _relaid(self, line: Any, changed: Any, indent: str, moved: list[str] | None = None) -> Any:
        """A changed line, broken anew if it has become too long; comments that lost their place go above."""
        code = self._code(
            changed.with_changes(leading_lines=[], trailing_whitespace=cst.TrailingWhitespace())
        )
        if "\n" not in code.strip("\n") and len(indent) + len(code.strip()) > self.width:
            broken = self._parsed(code.strip(), indent)
            changed = changed.with_changes(body=broken.body)
        missing = lost(line, changed, moved)
        return changed.with_changes(leading_lines=[*changed.leading_lines, *as_lines(missing)])

    def _replaced(self, line: Any, texts: list[str], indent: str, last: Any) -> list[Any]:
        """New statements in place of a line; its comments stay with the first, its tail with the last."""
        new = [self._parsed(text, indent) for text in texts]
        if last is not None:
            new.append(
                self._relaid(line.with_changes(leading_lines=[]), last.with_changes(leading_lines=[]), indent)
            )
        if not new:
            return []
        new[-1] = new[-1].with_changes(trailing_whitespace=line.trailing_whitespace)
        new[0] = new[0].with_changes(leading_lines=line.leading_lines)
        missing = lost(line, cst.IndentedBlock(body=new))
        lines = [*new[0].leading_lines, *as_lines(missing)]
        return [new[0].with_changes(leading_lines=lines), *new[1:]]

    def _parsed(self, text: str, indent: str) -> Any:
        return cst.parse_statement(self._laid(text, indent), config=self.module.config_for_parsing)

    def _laid(self, text: str, indent: str) -> str:
        """Broken lines relative to their block: libcst writes the block's own indentation by itself."""
        laid = wrapped(text, indent, self.width, self.module.default_indent)
        return self._own_newlines(laid.replace(f"\n{indent}", "\n"))

    def _own_newlines(self, text: str) -> str:
        return text.replace("\n", self.module.default_newline)

    def _compound(self, line: Any, statement: ast.stmt, indent: str) -> list[Any]:
        if statement in self.edits.statements:
            raise Mismatch("a compound statement is replaced")
        changed = self._headed(statement, line, indent)
        before = [self._parsed(self.text(piece), indent) for piece in self.edits.before.get(statement, [])]
        if before:
            before[0] = before[0].with_changes(leading_lines=changed.leading_lines)
            changed = changed.with_changes(leading_lines=[])
        return [*before, changed]

    def _headed(self, statement: ast.stmt, line: Any, indent: str) -> Any:
        """A compound statement: its header by expressions, its suites block by block."""
        changed = self._expressions(statement, line)
        if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)):
            changed = self._function(statement, line, changed, indent)
        for block, path in lens.blocks(statement, line):
            if not any(child in self.spine for child in block):
                continue
            suite = lens.get(line, path)
            if isinstance(suite, cst.If):
                new: Any = self._headed(block[0], suite, indent)
            else:
                new = self._suite(block, suite, indent, statement)
            changed = lens.put(changed, path, new)
        return changed

    def _suite(self, block: list[ast.stmt], suite: Any, indent: str, owner: ast.stmt) -> Any:
        if not isinstance(suite, cst.IndentedBlock):
            raise Mismatch("a suite on the line of its header is edited")
        inner = indent + (suite.indent or self.module.default_indent)
        if isinstance(owner, ast.ClassDef) and owner in self.edits.classes:
            return suite.with_changes(body=self._class_block(owner, block, suite, inner))
        self.orphans = []
        body = self._block(block, suite.body, inner)
        footer = [*self.orphans, *suite.footer]
        if not body:
            body = [cst.parse_statement("pass")]
        return suite.with_changes(body=body, footer=footer)

    # Functions and classes.

    def _function(
        self, node: ast.FunctionDef | ast.AsyncFunctionDef, line: Any, changed: Any, indent: str
    ) -> Any:
        removed = [i for i, d in enumerate(node.decorator_list) if d in self.edits.decorators]
        if removed:
            kept = [d for i, d in enumerate(changed.decorators) if i not in removed]
            texts = [c for i in removed for c in comments(changed.decorators[i])]
            lines = [*as_lines(texts)]
            if not kept:
                changed = changed.with_changes(
                    lines_after_decorators=[*lines, *changed.lines_after_decorators]
                )
            changed = changed.with_changes(decorators=kept)
        if node in self.edits.parameters:
            changed = changed.with_changes(params=self._parameters(node, changed.params))
            changed = self._relaid_header(changed, indent)
        elif node.returns in self.edits.expressions:
            changed = self._relaid_header(changed, indent)
        return changed

    def _relaid_header(self, changed: Any, indent: str) -> Any:
        header = self._code(changed.with_changes(
            decorators=[], leading_lines=[], lines_after_decorators=[],
            body=cst.SimpleStatementSuite(body=[cst.Expr(cst.Ellipsis())]),
        )).strip()  # fmt: skip
        header = header[: header.rindex("...")].strip()
        if "\n" in header or len(indent) + len(header) <= self.width:
            return changed
        laid = self._laid(header, indent)
        parsed = cst.ensure_type(cst.parse_statement(f"{laid} ..."), cst.FunctionDef)
        return changed.with_changes(
            params=parsed.params,
            whitespace_before_params=parsed.whitespace_before_params,
            returns=parsed.returns,
        )

    def _parameters(self, node: Any, params: cst.Parameters) -> cst.Parameters:
        wanted = self.edits.parameters[node]
        groups: dict[str, list[Any]] = {}
        for name in ("posonly_params", "params", "kwonly_params"):
            groups[name] = _exchanged(getattr(params, name), wanted, self._parameter)
        return _trimmed(params.with_changes(**groups))

    def _parameter(self, piece: Piece) -> cst.Param:
        parsed = cst.ensure_type(cst.parse_statement(f"def f({self.text(piece)}): ..."), cst.FunctionDef)
        return parsed.params.params[0]

    def _class_block(self, owner: ast.ClassDef, block: list[ast.stmt], suite: Any, indent: str) -> list[Any]:
        """The statements of a class: `__init__` where the fields were, the rest as it is."""
        change = self.edits.classes[owner]
        method = self._method(change, suite, block, indent)
        kept = [s for s in block if s not in change.removed]
        lines = {id(s): line for s, (line, _) in zip(block, _places(suite.body), strict=True)}
        has_doc = bool(block) and isinstance(block[0], ast.Expr) and isinstance(block[0].value, ast.Constant)
        anchor = change.at or next((s for s in block if s in change.removed), None)
        written: list[Any] = []
        placed = False
        for statement in block:
            if statement is anchor:
                written.append(self._placed(method, written, lines[id(statement)]))
                placed = True
            if statement not in change.removed:
                first_kept = statement is kept[0 if not has_doc else min(1, len(kept) - 1)]
                is_doc = has_doc and statement is block[0]
                if anchor is None and not placed and first_kept and not is_doc:
                    written.append(self._placed(method, written, lines[id(statement)]))
                    placed = True
                new = self._line(lines[id(statement)], [statement], indent)
                if placed and isinstance(statement, ast.FunctionDef):
                    new[0] = new[0].with_changes(leading_lines=_with_blank(new[0].leading_lines))
                written += new
        if not placed:
            written.append(self._placed(method, written, None))
        return written

    def _placed(self, method: cst.FunctionDef, before: list[Any], line: Any) -> cst.FunctionDef:
        """A blank line before the method where something stands before it."""
        lead = [cst.EmptyLine(indent=False)] if before else []
        return method.with_changes(leading_lines=lead)

    def _method(self, change: ClassEdit, suite: Any, block: list[ast.stmt], indent: str) -> cst.FunctionDef:
        lines = {s: line for s, (line, _) in zip(block, _places(suite.body), strict=True)}
        step = self.module.default_indent
        inner = indent + (suite.indent or step)
        signature = f"def {change.method.name}({', '.join(self.text(p) for p in change.method.parameters)}):"
        laid = self._laid(signature, indent)
        parsed = cst.ensure_type(
            cst.parse_statement(f"{laid} ...", config=self.module.config_for_parsing), cst.FunctionDef
        )
        body: list[Any] = []
        for piece, origin in change.method.body:
            body += self._method_statement(piece, origin, lines, inner)
        if not body:
            body = [cst.parse_statement("pass")]
        return parsed.with_changes(body=cst.IndentedBlock(body=body, indent=suite.indent))

    def _method_statement(
        self, piece: Piece | Suite, origin: ast.AST | None, lines: dict[ast.stmt, Any], indent: str
    ) -> list[Any]:
        if isinstance(piece, Suite):
            inner = indent + self.module.default_indent
            nested = [n for part, o in piece.lines for n in self._method_statement(part, o, lines, inner)]
            made = cst.ensure_type(cst.parse_statement(f"{self.text(piece.header)} pass"), cst.For)
            return [made.with_changes(body=cst.IndentedBlock(body=nested))]
        if isinstance(piece, ast.stmt):
            return self._line(self._line_of(piece), [piece], indent)
        text = self.text(piece)
        new = self._parsed(text, indent)
        if isinstance(origin, ast.stmt):
            line = lines[origin]
            missing = [c for c in comments(line.body) if c not in comments(new)]
            lead = [e for e in line.leading_lines if e.comment]
            return [
                new.with_changes(
                    leading_lines=[*lead, *as_lines(missing)], trailing_whitespace=line.trailing_whitespace
                )
            ]
        if origin is not None:
            inside = comments(self.homes[origin])
            return [new.with_changes(leading_lines=as_lines([c for c in inside if c not in comments(new)]))]
        return [new]

    def _line_of(self, statement: ast.stmt) -> Any:
        """The line of a statement inside `setup`, found through its block."""
        holder = self.parent[statement]
        tree = self.homes[holder]
        for block, path in lens.blocks(holder, tree):
            for candidate, (line, _) in zip(block, _places(lens.get(tree, path).body), strict=True):
                if candidate is statement:
                    return line
        raise Mismatch("a statement has no line")

    # Expressions.

    def _tree(self, node: ast.AST) -> Any:
        """The libcst node of `node` with all edits below it applied."""
        home = self.homes[node]
        if node in self.edits.expressions:
            return self._expression(self.text(self.edits.expressions[node]))
        return self._expressions(node, home)

    def _expressions(self, node: ast.AST, home: Any) -> Any:
        changed = home
        for child, path in lens.expressions(node, home):
            if child in self.spine:
                changed = lens.put(changed, path, self._tree(child))
        if isinstance(node, ast.Call) and (node in self.edits.arguments or node in self.edits.added):
            changed = self._arguments(node, home, changed)
        if isinstance(node, ast.Lambda) and node in self.edits.parameters:
            changed = changed.with_changes(params=self._parameters(node, changed.params))
        return changed

    def _expression(self, text: str) -> Any:
        """Parsed text, in parentheses where it runs over several lines without any."""
        config = self.module.config_for_parsing
        text = self._own_newlines(text)
        try:
            return cst.parse_expression(text, config=config)
        except cst.ParserSyntaxError:
            return cst.parse_expression(f"({text})", config=config)

    def _arguments(self, node: ast.Call, home: cst.Call, changed: cst.Call) -> cst.Call:
        wanted = self.edits.arguments.get(node, {})
        positions = dict(zip(lens.argument_positions(node, home), lens.given(node), strict=True))
        new: list[cst.Arg] = []
        orphaned: list[str] = []
        for i, arg in enumerate(changed.args):
            expression = positions[i]
            if expression not in wanted:
                new.append(arg)
                continue
            pieces = [self._argument(name, piece) for name, piece in wanted[expression]]
            new += _like(arg, pieces)
            orphaned += [] if pieces else comments(arg)
        new = self._with_added(node, home, new)
        return _trimmed_call(changed, new)

    def _with_added(self, node: ast.Call, home: cst.Call, args: list[cst.Arg]) -> list[cst.Arg]:
        for name, piece in self.edits.added.get(node, []):
            addition = self._argument(name, piece)
            if args:
                comma = _separator(home)
                trailing = args[-1].comma
                args[-1] = args[-1].with_changes(comma=comma)
                addition = addition.with_changes(
                    comma=trailing, whitespace_after_arg=args[-1].whitespace_after_arg
                )
                args[-1] = args[-1].with_changes(whitespace_after_arg=cst.SimpleWhitespace(""))
            args.append(addition)
        return args

    def _argument(self, name: str | None, piece: Piece) -> cst.Arg:
        text = self._own_newlines(self.text(piece))
        source = f"f({name}={text})" if name else f"f({text})"
        call = cst.ensure_type(cst.parse_expression(source, self.module.config_for_parsing), cst.Call)
        return call.args[0]

    # Text.

    def text(self, piece: Piece) -> str:
        """A piece as source, with edits applied inside of its holes."""
        match piece:
            case str():
                return piece
            case Template(parts):
                return "".join(self.text(part) for part in parts)
            case _:
                return self._code(self._tree(piece)).strip().replace("\r\n", "\n")

    def _code(self, node: Any) -> str:
        return self.module.code_for_node(node)


def _gather(piece: Piece, found: list[ast.AST]) -> None:
    if isinstance(piece, Template):
        for part in piece.parts:
            _gather(part, found)
    elif isinstance(piece, ast.AST):
        found.append(piece)


def _places(body: Any) -> list[tuple[Any, int | None]]:
    """Each statement of a libcst block: its line, and its place on it if it is a simple one."""
    places: list[tuple[Any, int | None]] = []
    for line in body:
        if isinstance(line, cst.SimpleStatementLine):
            places += [(line, i) for i in range(len(line.body))]
        elif isinstance(line, cst.BaseSmallStatement):
            places.append((cst.SimpleStatementLine(body=[line]), 0))
        else:
            places.append((line, None))
    return places


def _leading(line: Any) -> list[cst.EmptyLine]:
    """What a removed line leaves behind: its comments, the one at its end too."""
    inner = comments([line.body, line.trailing_whitespace])
    return [*line.leading_lines, *as_lines(inner)]


def _joined(carried: list[cst.EmptyLine], own: Any) -> list[cst.EmptyLine]:
    """Comments of removed lines before a statement, with no more blank lines than there were."""
    lines = [entry for i, entry in enumerate(carried) if entry.comment or i == 0 or carried[i - 1].comment]
    if not any(entry.comment for entry in lines):
        return [*lines[:1], *own] if lines and not own else [*own] if own else lines
    return [*lines, *own]


def _with_blank(lines: Any) -> list[cst.EmptyLine]:
    has_blank = bool(lines) and lines[0].comment is None
    return [*lines] if has_blank else [cst.EmptyLine(indent=False), *lines]


def _exchanged(items: Sequence[cst.Param], wanted: dict[str, tuple[Piece, ...]], make: Any) -> list[Any]:
    new: list[Any] = []
    for item in items:
        if item.name.value not in wanted:
            new.append(item)
            continue
        made = [make(piece) for piece in wanted[item.name.value]]
        new += _like(item, made)
    return new


def _like(old: Any, new: list[Any]) -> list[Any]:
    """Items with the separators of the one they replace."""
    if not new:
        return []
    comma = old.comma if isinstance(old.comma, cst.Comma) else None
    inner = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
    if comma is not None and isinstance(comma.whitespace_after, cst.ParenthesizedWhitespace):
        blank = cst.TrailingWhitespace()
        after = comma.whitespace_after.with_changes(first_line=blank, empty_lines=[])
        inner = comma.with_changes(whitespace_after=after)
    made = [item.with_changes(comma=inner) for item in new[:-1]]
    last = new[-1].with_changes(comma=old.comma)
    field_name = "whitespace_after_param" if isinstance(old, cst.Param) else "whitespace_after_arg"
    return [*made, last.with_changes(**{field_name: getattr(old, field_name)})]


def _separator(call: cst.Call) -> cst.Comma:
    """The comma that stands between the arguments of a call."""
    for arg in call.args[:-1]:
        if isinstance(arg.comma, cst.Comma):
            after = arg.comma.whitespace_after
            if isinstance(after, cst.ParenthesizedWhitespace):
                return arg.comma.with_changes(
                    whitespace_after=after.with_changes(first_line=cst.TrailingWhitespace(), empty_lines=[])
                )
            return arg.comma
    return cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))


def _trimmed_call(call: cst.Call, args: list[cst.Arg]) -> cst.Call:
    """A call with new arguments; the last one keeps a comma only where the last one had it."""
    had = call.args[-1].comma if call.args else cst.MaybeSentinel.DEFAULT
    if args:
        args[-1] = args[-1].with_changes(comma=had)
    else:
        call = call.with_changes(whitespace_before_args=cst.SimpleWhitespace(""))
    return call.with_changes(args=args)


def _trimmed(params: cst.Parameters) -> cst.Parameters:
    """No comma after the last parameter that was not there before."""
    if params.params and not (params.star_arg or params.kwonly_params or params.star_kwarg):
        *first, last = params.params
        if isinstance(last.comma, cst.Comma) and isinstance(
            last.comma.whitespace_after, cst.SimpleWhitespace
        ):
            return params.with_changes(params=[*first, last.with_changes(comma=cst.MaybeSentinel.DEFAULT)])
    return params


def write(text: str, tree: ast.Module, edits: Edits, parent: dict[ast.AST, ast.AST]) -> cst.Module:
    """The libcst module of `text` with `edits` applied."""
    return Writer(cst.parse_module(text), edits, parent, width_of(text)).run(tree)

"""A rule as it stands in a book: an acceptable region, when it applies, why, and who says so."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, field_validator, model_validator

from planner.core.errors import repeated
from planner.core.model import Model
from planner.core.names import KINDS, Intent, LesionType, levels_between
from planner.core.quantity import QUANTITIES, Quantity
from planner.core.sourced import Flag, Source, references
from planner.core.units import fault
from planner.plan.devices import Family, Figure
from planner.protocol.expression import parse
from planner.protocol.limits import Limit
from planner.protocol.order import stricter

Severity = Literal["block", "warn", "note"]
Scope = Literal["step", "level", "session"]


class Also(Model):
    """Another source.

    Attributes
    ----------
    differs : it does not agree with the chosen one.
    limit : the region it states, where that is a figure of the same quantity; shown beside the rule's, never judged.
    """

    ref: str
    says: str
    flag: Flag
    differs: bool = False
    limit: Limit | None = None


class AppliesWhen(Model):
    """When a rule judges; every condition given must hold.

    Attributes
    ----------
    levels : vertebrae or ranges of them, `T11-L1`.
    neural : what lies in the canal at the level: cord, conus (either) or cauda.
    device, material : names of sheets.
    drug : names of the patient's bone drug.
    labelled : a structure the patient must have.
    given : other quantities and the region each must lie in; without a value of one nothing is judged, and said so.
    """

    kind: tuple[str, ...] | None = None
    lesion_type: tuple[LesionType, ...] | None = None
    intent: tuple[Intent, ...] | None = None
    protection: Literal["absent", "present"] | None = None
    region: tuple[Literal["cervical", "thoracic", "lumbar"], ...] | None = None
    levels: tuple[str, ...] | None = None
    neural: tuple[Literal["cord", "conus", "cauda"], ...] | None = None
    device: tuple[str, ...] | None = None
    material: tuple[str, ...] | None = None
    device_has: Figure | None = None
    family: tuple[Family, ...] | None = None
    fractions: tuple[int, ...] | None = None
    drug: tuple[str, ...] | None = None
    labelled: str | None = None
    given: dict[str, Limit] = Field(default_factory=dict)

    @field_validator("given")
    @classmethod
    def _known_quantities(cls, value: dict[str, Limit]) -> dict[str, Limit]:
        unknown = sorted(set(value) - set(QUANTITIES))
        if unknown:
            raise fault("", unknown, "rows of the quantity table", "correct the names")
        return value

    @field_validator("levels")
    @classmethod
    def _real_levels(cls, value: tuple[str, ...] | None) -> tuple[str, ...] | None:
        for text in value or ():
            try:
                levels_between(text)
            except ValueError as error:
                raise fault("", text, "a vertebra or a range such as T11-L1", str(error)) from None
        return value

    @field_validator("kind")
    @classmethod
    def _known(cls, value: tuple[str, ...] | None) -> tuple[str, ...] | None:
        unknown = set(value or ()) - set(KINDS)
        if unknown:
            raise fault("", sorted(unknown), f"kinds of step: {', '.join(KINDS)}", "correct the kind")
        return value


class Override(Model):
    """What a site changed in a rule, and who answers for it.

    Attributes
    ----------
    site : the site's name.
    was : the words of what stood before: limit, better, severity.
    loosens : whether the site allows more than the book, or lets an unverified limit block.
    justification, approver, date, document : asked where it loosens.
    """

    site: str
    was: str
    loosens: bool = False
    justification: str | None = None
    approver: str | None = None
    date: dt.date | None = None
    document: str | None = None


class Rule(Model):
    """One rule.

    Attributes
    ----------
    expression : of quantities, whose value is judged instead of `quantity` alone (see `planner.protocol.expression`);
        `label` says in words what it is.
    severity : as declared; `planner.check.severity` tells the effective one.
    chosen : why the source's figure was taken where another differs.
    logic : blocks by logic and not by a limit: a plan beyond its own sheet's rating, or an instrument inside
        a segmented cord or canal.
    override : what a site changed; never in a book that ships.
    """

    id: Annotated[str, StringConstraints(pattern=r"^[A-Z0-9][A-Z0-9-]*[A-Z0-9]$")]
    title: str = Field(min_length=5)
    quantity: str
    expression: str | None = None
    label: str | None = None
    unit: str
    scope: Scope = "step"
    severity: Severity
    purpose: Literal["safety", "efficacy", "benchmark"]
    applies_when: AppliesWhen = AppliesWhen()
    limit: Limit
    warn: Limit | None = None
    because: str = Field(min_length=10)
    remedy: str = Field(min_length=5)
    source: Source
    also: tuple[Also, ...] = ()
    chosen: str | None = Field(default=None, min_length=15)
    logic: Literal["device_rating", "inside_neural"] | None = None
    override: Override | None = None

    @model_validator(mode="after")
    def _sound(self) -> Self:
        row = QUANTITIES.get(self.quantity)
        if row is None:
            raise fault("", self.quantity, "a row of the quantity table", "correct `quantity`")
        if self.expression is not None:
            self._expression_fits()
        elif row.unit != self.unit:
            raise fault("", self.unit, f"the unit of {self.quantity}, {row.unit}", "state the limit in this unit")
        if self.purpose != "safety" and self.severity == "block":
            raise fault("", self.severity, "warn or note", f"rules of {self.purpose} never block")
        unknown = [ref for ref in self.cites if ref not in references()]
        if unknown:
            raise fault("", unknown, "ids of protocols/references.yaml", "add the reference")
        if any(other.differs for other in self.also) != (self.chosen is not None):
            raise fault("chosen", self.chosen, "why one source was taken, exactly where another differs", "say why")
        if self.warn is not None and not stricter(self.warn, self.limit):
            raise fault("", self.warn.kind, "a warn region inside the limit's", "make `warn` stricter than `limit`")
        return self

    @property
    def cites(self) -> tuple[str, ...]:
        """Ids of its references, the chosen one first, each once."""
        return tuple(dict.fromkeys((self.source.ref, *(other.ref for other in self.also))))

    @property
    def row(self) -> Quantity:
        """What is judged, as a row of the quantity table: its label, unit and format."""
        row = QUANTITIES[self.quantity]
        return row if self.expression is None else replace(row, unit=self.unit, label=self.label or row.label)

    def _expression_fits(self) -> None:
        if not self.label:
            raise fault("label", None, "a label for the expression", "say in words what it yields")
        try:
            read = parse(self.expression or "")
        except ValueError as error:
            way_out = "use + - * /, brackets, numbers and names of quantities"
            raise fault("expression", self.expression, "an expression of quantities", f"{error}; {way_out}") from None
        if self.quantity not in read.names:
            raise fault("expression", self.expression, f"`{self.quantity}` in it", "name the rule's quantity first")
        if not read.fits(self.unit):
            raise fault("unit", self.unit, f"the unit of {self.expression}", "state the limit in the unit it yields")


class Book(Model):
    """The rules of one technique."""

    book: Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]+$")]
    version: str
    title: str
    rules: tuple[Rule, ...] = Field(min_length=1)


class Protocol(Model):
    """A named set of rules, as a plan is judged by it.

    Attributes
    ----------
    site : whose overrides are in it; None for the book as it ships.
    sha256 : of its content, independent of the order of keys.
    """

    name: str
    version: str
    title: str
    rules: tuple[Rule, ...] = Field(min_length=1)
    sha256: str
    site: str | None = None

    @field_validator("rules")
    @classmethod
    def _ids_once(cls, value: tuple[Rule, ...]) -> tuple[Rule, ...]:
        if twice := repeated(rule.id for rule in value):
            raise fault("", twice, "each id once", "rename one of the rules")
        return value

    def rule(self, rule_id: str) -> Rule:
        """Return one rule.

        Raises
        ------
        KeyError
            When there is none of that id.
        """
        found = {rule.id: rule for rule in self.rules}
        return found[rule_id]

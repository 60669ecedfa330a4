"""The base of every model: frozen, nothing unnamed, nothing infinite."""

from __future__ import annotations

from typing import Any, Self

from pydantic import BaseModel, ConfigDict


class Model(BaseModel):
    """Valid once constructed; edits make new ones with :meth:`with_`."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", allow_inf_nan=False, arbitrary_types_allowed=True, validate_default=True
    )

    def with_(self, **changes: Any) -> Self:
        """Return a validated copy with some fields replaced.

        Raises
        ------
        pydantic.ValidationError
            When the changed model would not be valid.
        """
        fields = {name: getattr(self, name) for name in type(self).model_fields}
        return type(self).model_validate(fields | changes)

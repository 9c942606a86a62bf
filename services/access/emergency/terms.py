"""The terms of break-glass, as tables: which roles, for which acts, by whom, how long. What isn't named isn't given."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from services.runtime.identity import INSIDERS

# Roles that sign and keep. Directors and whoever holds a rank sign in person; administrators and auditors stay apart.
ROLES: Final = frozenset(
    {
        "applicant_supervisor",
        "captain",
        "custodian",
        "handling_unit",
        "manager_supervisor",
        "records_unit",
        "supervisor",
        "system_manager",
        "unit_head",
    }
)
SIGN, PLACE, EXTEND, RESCUE = "request.step", "hold.place", "hold.extend", "rescue.place"
# Sign in the chain, and keep footage. Both can be looked at afterwards, and neither lets a byte go.
ACTS: Final = frozenset({SIGN, PLACE, EXTEND, RESCUE})
# Named so that nobody adds them: what is gone can't be reviewed.
NEVER: Final = frozenset(
    {"hold.propose_release", "hold.release", "policy.adopt", "programme.end", "request.shred", "request.withdraw"}
)
MAY_ASK: Final = INSIDERS - {"auditor", "platform_admin"}
MAY_AGREE: Final = INSIDERS - {"auditor"}
MAY_REVIEW: Final = frozenset({"auditor", "director", "ethics_office", "manager_supervisor", "secretary", "unit_head"})
MAY_SEE: Final = INSIDERS

MINUTES_MIN, MINUTES_MAX = 5, 240
WHY_MIN, WHY_MAX = 10, 500
AGREED_WITHIN: Final = timedelta(hours=1)
REVIEWED_WITHIN: Final = timedelta(hours=72)
JUSTIFIED, NOT_JUSTIFIED = "justified", "not_justified"

assert not ACTS & NEVER

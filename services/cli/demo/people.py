"""Who signs what in the demo: accounts of the made-up people, by the step of the chain."""

from __future__ import annotations

ANNEX_3 = (  # the district office's chain; the applicant's supervisor signs for an applicant who has one
    ("sign", None),
    ("applicant_supervisor", "head-chen"),
    ("system_manager", "sysman-wu"),
    ("manager_supervisor", "supervisor-kao"),
    ("secretary", "secretary-ho"),
    ("director", "director-tsai"),
)
"""Step of the chain and the account that signs it; None is the applicant."""

APPLICANT, AGENCY = "officer-lin", "agency-novak"

"""Made-up people of an installation on one machine. A real one names its own in its people file."""

from __future__ import annotations

from dataclasses import dataclass

CUSTODIAN = "p-0003"
"""Custodian of record of an installation on one machine (NPA-04): Wu, the system manager."""

SERVICES = ("ingest", "retention", "access", "analytics")


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """One account; two accounts may belong to one person, who is still one person for four eyes."""

    account: str
    person_id: str
    name: str
    roles: tuple[str, ...]
    rank: str = ""
    agency: str = "daan-hro"


DEMO_PEOPLE: tuple[DemoPerson, ...] = (
    DemoPerson("officer-lin", "p-0001", "Lin (made up)", ("applicant", "clerk", "internal"), "officer"),
    DemoPerson("head-chen", "p-0002", "Chen (made up)", ("unit_head", "applicant_supervisor"), "squad_leader"),
    DemoPerson("sysman-wu", "p-0003", "Wu (made up)", ("system_manager", "custodian"), "clerk"),
    DemoPerson("supervisor-kao", "p-0004", "Kao (made up)", ("manager_supervisor", "supervisor"), "section_head"),
    DemoPerson("secretary-ho", "p-0005", "Ho (made up)", ("secretary",), "secretary"),
    DemoPerson("director-tsai", "p-0006", "Tsai (made up)", ("director", "precinct_chief"), "precinct_chief"),
    DemoPerson("ethics-lu", "p-0007", "Lu (made up)", ("ethics_office",)),
    DemoPerson("pr-yang", "p-0008", "Yang (made up)", ("public_relations",)),
    DemoPerson("handling-su", "p-0009", "Su (made up)", ("handling_unit",)),
    DemoPerson("records-reed", "p-0010", "Reed (made up)", ("records_unit", "custodian"), "officer", "spd"),
    DemoPerson("captain-diaz", "p-0011", "Diaz (made up)", ("captain",), "captain", "spd"),
    DemoPerson("counsel-ames", "p-0012", "Ames (made up)", ("mayor_counsel",), "", "mayor-office"),
    DemoPerson("detective-oya", "p-0013", "Oya (made up)", ("applicant", "internal"), "sergeant", "spd"),
    DemoPerson("agency-novak", "p-0014", "Novak (made up)", ("applicant", "law_enforcement"), "", "county-police"),
    DemoPerson("ice-doe", "p-0015", "Doe (made up)", ("applicant", "immigration_enforcement"), "", "ice"),
    DemoPerson("defence-ruiz", "p-0016", "Ruiz (made up)", ("applicant", "defence_counsel"), "", "defence"),
    DemoPerson("auditor-fong", "p-0017", "Fong (made up)", ("auditor",)),
    DemoPerson("admin-root", "p-0018", "Root (made up)", ("platform_admin",)),
    DemoPerson("admin-two", "p-0019", "Two (made up)", ("platform_admin",)),
    DemoPerson("citizen-lai", "p-0020", "Lai (made up)", ("applicant", "party"), "", ""),
    DemoPerson("lead-ong", "p-0021", "Ong (made up)", ("project_lead", "project_group"), "", "taipei-doit"),
    DemoPerson("executive-jian", "p-0022", "Jian (made up)", ("lead_agency",), "", "taipei-doit"),
    DemoPerson("consent-hsu", "p-0023", "Hsu (made up)", ("police",), "", "taipei-police"),
    DemoPerson("dashboard-yen", "p-0024", "Yen (made up)", ("dashboard_admin",), "", "taipei-doit"),
    *(DemoPerson(f"service-{name}", f"s-{name}", name, (f"service:{name}",)) for name in SERVICES),
)

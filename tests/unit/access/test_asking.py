"""Who stands behind a token."""

from services.access.asking import signatory
from services.runtime.identity import Person


def test_two_accounts_of_one_person_are_one_signatory() -> None:
    one = Person(person_id="p-wu", account="wu", name="Wu", roles=frozenset({"head"}))
    other = Person(person_id="p-wu", account="wu-duty", name="Wu", roles=frozenset({"head"}))
    assert signatory(one).person == signatory(other).person == "p-wu"

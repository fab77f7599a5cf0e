"""What people vouch for, said straight to a session's keeper: for tests of what comes before and after it."""

from orview.edge.host.keeper import Keeper
from orview.session.state import Role
from orview.session.time_out import Item
from orview.session.vouching import Identified, RegistrationAccepted, Ticked, TimeOutTold

ITEM = Item(key="patient", words="Right patient.", fact="f1")


def vouch(keeper: Keeper, *, now_ns: int) -> None:
    """Identify the patient of the selected case, accept its registration, hold the time-out; the session is held."""
    assert keeper.case is not None
    for event in (
        Identified(by=Role.NURSE, case_id=keeper.case.id, kinds=("name", "birth_date")),
        RegistrationAccepted(by=Role.NURSE, verdict=keeper.session.verdict),
        TimeOutTold(items=(ITEM,)),
        Ticked(by=Role.NURSE, item=ITEM.key, fact=ITEM.fact),
    ):
        assert not keeper.apply(event, now_ns=now_ns).refusal

"""What consoles ask of a draft: the messages that change it, and all of them."""

from orview.protocol.drafting import (
    ClosePlan,
    OpenPlan,
    RedoPlan,
    RemovePlane,
    RemoveStage,
    SetMargin,
    SetPlane,
    SetRoot,
    SetStage,
    SetStageLook,
    StorePlan,
    TryPlane,
    UndoPlan,
)

Change = SetPlane | RemovePlane | SetRoot | SetMargin | SetStage | SetStageLook | RemoveStage | UndoPlan | RedoPlan
DraftAsk = OpenPlan | TryPlane | Change | StorePlan | ClosePlan

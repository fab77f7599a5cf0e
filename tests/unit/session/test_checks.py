"""Touched check points: the newest of each landmark counts, and not for ever."""

from orview.session.checks import CheckNeed, Checks, Touched

NEED = CheckNeed(known=2, max_age_ns=100)


def touch(at_ns: int, *, agrees: bool = True) -> Touched:
    return Touched(agrees=agrees, words="Agrees." if agrees else "Do not use.", at_ns=at_ns)


def test_without_a_touch_one_is_asked_for() -> None:
    assert Checks(need=NEED).fault(0) == "Touch a check point."
    assert Checks(need=NEED).void("There was a restart.").fault(0) == "There was a restart. Touch a check point."
    assert "No check points" in (Checks().fault(0) or "")


def test_a_touch_is_good_until_it_is_due() -> None:
    checks = Checks(need=NEED).taken("a", touch(50))
    assert (checks.fault(50), checks.fault(150)) == (None, None)
    assert (checks.fault(151) or "").startswith("The last check point is older than")
    assert (checks.due_ns, checks.good_words) == (150, "Agrees.")


def test_the_newest_touch_of_a_landmark_counts_and_one_that_disagrees_outweighs_the_others() -> None:
    wrong = Checks(need=NEED).taken("a", touch(1)).taken("b", touch(2, agrees=False))
    assert wrong.fault(3) == "Do not use."
    assert wrong.taken("b", touch(3)).fault(4) is None
    assert wrong.taken("a", touch(3)).fault(4) == "Do not use."


def test_nothing_is_left_of_voided_touches() -> None:
    voided = Checks(need=NEED).taken("a", touch(1)).void("The patient was moved.")
    assert (voided.due_ns, voided.good_words, dict(voided.touched)) == (None, "", {})
    assert voided.taken("a", touch(2)).fault(3) is None

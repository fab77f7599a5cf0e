"""A kept record: the newest reaches the disk last, and nothing is written twice."""

import asyncio
import time

from orview.edge.host.kept_text import KeptText


def test_the_newest_wins_however_slow_the_disk_is():
    async def scene():
        written, tasks = [], []

        def put(text: str) -> None:
            time.sleep(0.01 if text == "one" else 0.0)
            written.append(text)

        kept = KeptText(put, lambda work: tasks.append(asyncio.ensure_future(work)), before="zero")
        kept.take("zero")
        for text in ("one", "two", "three", "three"):
            kept.take(text)
            await asyncio.sleep(0)
        await asyncio.gather(*tasks)
        return written

    written = asyncio.run(scene())
    assert written[-1] == "three"
    assert len(written) == len(set(written)) < 4
    assert "zero" not in written

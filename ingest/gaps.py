"""The ledger of missing numbers between a lift's messages (contract 2.1: a loss shows as a gap in `seq`). Pure.

A message whose number is higher than the next one expected leaves a gap; one that comes late fills a number of it. What
is expected stands in the lift's memory (`alerts.desk.Desk.highest`): a restart of ours neither invents nor hides a gap.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Numbers that were expected and did not come."""

    lift_no: int
    topic: str
    boot: str
    first: int
    last: int


@dataclass(slots=True)
class Ledger:
    """What one transaction notices."""

    gaps: list[Gap] = field(default_factory=list)
    filled: list[tuple[int, str, str, int]] = field(default_factory=list)  # (lift_no, topic, boot, seq)

    def note(self, lift_no: int, topic: str, boot: str, seq: int, highest: int | None) -> None:
        """Enter a message that is about to be stored.

        Args:
            lift_no: whose.
            topic: of which kind.
            boot: of the controller.
            seq: its number.
            highest: the highest number stored before it in this boot, -1 if it should begin at 0; None: not known.
        """
        if highest is None:
            return
        if seq > highest + 1:
            self.gaps.append(Gap(lift_no=lift_no, topic=topic, boot=boot, first=highest + 1, last=seq - 1))
        elif seq < highest:
            self.filled.append((lift_no, topic, boot, seq))

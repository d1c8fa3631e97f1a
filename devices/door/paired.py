"""Two boards as one: the relays of the first, the contacts of the second. For relay boards without inputs."""

from __future__ import annotations

from collections.abc import Callable

from devices.errors import DeviceError
from devices.ports import RelayBoard, Watched


class PairedBoards:
    """A RelayBoard. Either board lost is the whole lost: contacts without a lock, or a lock unseen, are of no use."""

    def __init__(self, relays: RelayBoard, contacts: RelayBoard) -> None:
        self._relays, self._contacts = relays, contacts
        self.outputs, self.timed, self.reads_back = relays.outputs, relays.timed, relays.reads_back
        self.inputs = contacts.inputs

    def pulse(self, channel: int, ms: int) -> None:
        """See RelayBoard."""
        self._relays.pulse(channel, ms)

    def set(self, channel: int, on: bool) -> None:
        """See RelayBoard."""
        self._relays.set(channel, on)

    def read_outputs(self) -> tuple[bool, ...]:
        """See RelayBoard."""
        return self._relays.read_outputs()

    def read_inputs(self) -> tuple[bool, ...]:
        """See RelayBoard. Asks the relays' board too: nothing else would notice, before a grant, that it is gone."""
        self._relays.read_inputs()
        return self._contacts.read_inputs()

    def silence(self) -> DeviceError | None:
        """See Watched."""
        return self._relays.silence() if isinstance(self._relays, Watched) else None

    def close(self) -> None:
        """See RelayBoard."""
        self._relays.close()
        self._contacts.close()


def open_pair(open_relays: Callable[[], RelayBoard], open_contacts: Callable[[], RelayBoard]) -> PairedBoards:
    """Both or neither. Raises what opening raises."""
    relays = open_relays()
    try:
        return PairedBoards(relays, open_contacts())
    except BaseException:
        relays.close()
        raise

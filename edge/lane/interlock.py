"""Which doors keep each other shut: those that share an interlock, in whichever of the site's interlocks."""


def partners(lane: str, interlocks: tuple[frozenset[str], ...]) -> frozenset[str]:
    """The codes of all other lanes in the interlocks that `lane` belongs to."""
    return frozenset[str]().union(*(group for group in interlocks if lane in group)) - {lane}

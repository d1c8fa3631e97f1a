"""What can be wrong with the plate reader itself. A car whose plate was not read is a value, never one of these.

PlateFault
  WeightsMissing    the folder or a file is not there: set-up has not run
  WeightsChanged    a file is not the one whose fingerprint is known (SEC-18): plates are not read, other ways go on
"""


class PlateFault(Exception):
    """Root. None of these goes away by trying again; each means: no plates until somebody acts."""


class WeightsMissing(PlateFault):
    """Set-up has not prepared the weights here."""


class WeightsChanged(PlateFault):
    """A weights file or its manifest differs from the pinned fingerprint (SEC-18)."""

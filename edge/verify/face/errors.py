"""What can be wrong with the face parts themselves. A person who is not matched is a value, never one of these.

FaceFault
  WeightsMissing    the folder or a file is not there: set-up has not run
  WeightsChanged    a file is not the one whose fingerprint is known (SEC-18): face matching stops, other ways go on
  UnknownModel      no thresholds were measured for this model or this gallery size
  OneToOneOnly      a model that must not search among many was asked to
  ModelMismatch     a template was made by another model: the person has to be enrolled again
"""


class FaceFault(Exception):
    """Root. None of these goes away by trying again; each means: no face factor until somebody acts."""


class WeightsMissing(FaceFault):
    """Set-up has not prepared the weights here."""


class WeightsChanged(FaceFault):
    """A weights file or its manifest differs from the pinned fingerprint (SEC-18)."""


class UnknownModel(FaceFault, LookupError):
    """A threshold was asked for that nobody has measured."""


class OneToOneOnly(FaceFault, ValueError):
    """A search was asked of a model that is fit for one-to-one only; the words say the measured reason."""


class ModelMismatch(FaceFault, ValueError):
    """Vectors of two models were about to be compared; their cosine would mean nothing."""

"""Real networks and real faces, as the tests of `verify` have them."""

from tests.edge.verify.conftest import demo_faces, reader, weights, weights_folder

__all__ = ["demo_faces", "reader", "weights", "weights_folder"]

"""Real networks and real faces, as the tests of `verify` have them."""

from tests.edge.verify.conftest import astronaut, demo_faces, reader, three_people, weights, weights_folder
from tests.edge.watch_group.stand import stand

__all__ = ["astronaut", "demo_faces", "reader", "stand", "three_people", "weights", "weights_folder"]

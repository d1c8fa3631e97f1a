"""The community of the tests about faces: two nodes and people who may consent."""

from tests.central.gates.nodes.faces.conftest import other_node, quarter, say

__all__ = ["other_node", "quarter", "say"]

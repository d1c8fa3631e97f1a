"""The version of the node's software, as central is told it."""

VERSION = "0.1.0"

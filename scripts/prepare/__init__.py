"""What set-up prepares once, so that a start needs no network: the face weights, the demo's faces, its frames."""

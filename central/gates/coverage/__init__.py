"""Coverage: the key points of a community, and which of them have no working reader now (ACC-02)."""

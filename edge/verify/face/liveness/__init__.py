"""Is it a living person? A port with three inhabitants; none of them claims more than was measured."""
